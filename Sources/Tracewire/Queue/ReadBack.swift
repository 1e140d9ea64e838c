internal import TracewireProtocol

/// A record that was read back from a segment.
struct ReadBack {
    let record: Record<String>

    /// `nil` where it cannot be read.
    init?(_ memory: UnsafeRawBufferPointer, _ entry: Range<Int>) {
        guard let range = EntryWalk.record(memory, in: entry) else { return nil }
        let bytes = [UInt8](memory[range])
        guard let record = try? Record.decode(bytes.span, Slice(start: 0, count: bytes.count)) else { return nil }
        self.record = record.copied(from: bytes)
    }

    /// What the collector, or the client in its place, said of it.
    static func rejection(_ readBack: ReadBack?, _ verdict: Verdict) -> Rejection {
        guard let event = readBack?.record.event else { return Rejection(kind: nil, identity: "", verdict: verdict) }
        if case .user(let user) = event, let name = user.username {
            return Rejection(kind: event.kind, identity: name, verdict: verdict)
        }
        return Rejection(kind: event.kind, identity: event.subject.description, verdict: verdict)
    }
}
