import TracewireProtocol

@testable import Tracewire
@testable import TracewireProtocol

/// What one queue was given to deliver, in its order, over all processes that have held it: what the client promises.
final class Lineage {
    private struct Entry {
        /// `nil` for a report of what was shed, which the queue makes itself.
        let full: [UInt8]?
        /// What it may have become to make room.
        let bare: [UInt8]?
    }

    let name: String
    private var entries: [Entry] = []
    /// Answered, as far as the client knows.
    private(set) var answered = 0
    /// Committed under some producer.
    private(set) var committed = 0
    /// Where the next batch of each producer begins.
    private var positions: [Identifier: Int] = [:]
    /// Of a queue in memory whose process is gone: nobody promises anything any more.
    var isLost = false

    init(_ name: String) {
        self.name = name
    }

    var count: Int { entries.count }
    var isAnswered: Bool { answered == count }

    /// The queue has taken a record.
    func recorded(_ record: Record<String>) {
        entries.append(Entry(full: Self.encoded(record), bare: record.withoutPayload.map(Self.encoded)))
    }

    /// The queue has more than it was given: reports.
    func reported(upTo count: Int) {
        while entries.count < count { entries.append(Entry(full: nil, bare: nil)) }
    }

    private static func encoded(_ record: Record<String>) -> [UInt8] {
        var writer = WireWriter()
        writer.appendBatchEntry(record)
        let bytes = writer.bytes
        guard let only = try? IncomingBatch.records(in: bytes.span).first else { return [] }
        return Array(bytes[only.encoded.range])
    }

    /// - Returns: what is wrong with it.
    func answer(upTo count: Int) -> String? {
        defer { answered = count }
        if count < answered { return "\(name) held \(self.count - answered) records, and now \(self.count - count)" }
        if count > self.count { return "\(name) was answered for \(count) records of \(self.count)" }
        if count > committed { return "\(name) was answered for \(count) records, of which \(committed) are committed" }
        return nil
    }

    /// A new producer of this queue may send. It begins with what the client did not know to be answered when it asked.
    func opened(_ producer: Identifier, at start: Int) {
        positions[producer] = start
    }

    /// A batch was committed.
    ///
    /// - Returns: what is wrong with it.
    func commit(_ producer: Identifier, _ records: [[UInt8]]) -> String? {
        guard let start = positions[producer] else { return "\(name) did not open producer \(producer)" }
        for (index, record) in records.enumerated() {
            let place = start + index
            guard place < count else { return "\(name) was given \(count) records, and \(place + 1) were committed" }
            guard matches(entries[place], record) else { return "record \(place) of \(name) is not the one committed" }
        }
        positions[producer] = start + records.count
        committed = max(committed, start + records.count)
        return nil
    }

    private func matches(_ entry: Entry, _ record: [UInt8]) -> Bool {
        guard let full = entry.full else {
            let slice = Slice(start: 0, count: record.count)
            if case .workflowShed? = (try? Record.decode(record.span, slice))?.event { return true }
            return false
        }
        return record == full || record == entry.bare
    }
}
