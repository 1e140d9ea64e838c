internal import TracewireProtocol

/// What the file of a spool's owner says.
///
/// `@unchecked Sendable`: written by the event loop that sends what the spool holds, and before that by whoever has made or
/// taken it.
struct OwnerFields: @unchecked Sendable {
    /// Longest destination, in bytes.
    static let destinationBytes = SpoolFormat.ownerBytes - destinationOffset
    private static let destinationOffset = 64
    private static let epochOffset = 32
    private static let acknowledgedOffset = 48

    private let memory: SegmentMemory

    /// - Parameter memory: of ``SpoolFormat/ownerBytes``.
    init(_ memory: SegmentMemory) {
        self.memory = memory
    }

    /// A copy of what the owner of a spool says, whoever has it locked; `nil` where nothing can be read.
    init?(copiedFrom spool: String) {
        let file = SegmentFile(path: "\(spool)/\(SpoolFormat.ownerName)")
        guard let memory = try? file.read(atMost: SpoolFormat.ownerBytes), memory.count == SpoolFormat.ownerBytes else {
            return nil
        }
        self.init(memory)
    }

    func begin(_ producer: Identifier, _ destination: String) {
        let length = min(destination.utf8.count, Self.destinationBytes)
        for (index, byte) in destination.utf8.prefix(length).enumerated() {
            memory.writable.store(byte, at: Self.destinationOffset + index)
        }
        memory.writable.store(SpoolFormat.spoolMagic, at: 0)
        memory.writable.store(UInt32(length), at: 24)
        write(producer)
    }

    /// What is held belongs to `producer` from now on, who has sent nothing yet. Where it was to go is kept, if that can be
    /// read.
    func begin(_ producer: Identifier) {
        if !isSound {
            memory.writable.store(SpoolFormat.spoolMagic, at: 0)
            memory.writable.store(UInt32(0), at: 24)
        }
        write(producer)
    }

    private func write(_ producer: Identifier) {
        producer.store(to: memory.writable, at: 8)
        memory.writable.store(checksum, at: 28)
        epoch = 0
        acknowledged = 0
    }

    /// Whose batches these are; `nil` where that cannot be read.
    var producer: Identifier? {
        isSound ? Identifier(memory.bytes, at: 8) : nil
    }

    /// Where the records were to go; `nil` where that cannot be read.
    var destination: String? {
        guard isSound, length > 0 else { return nil }
        let text = UnsafeRawBufferPointer(rebasing: memory.bytes[Self.destinationOffset...].prefix(length))
        return String(validating: text.bindMemory(to: UInt8.self).span)
    }

    /// Of the last connection; `nil` where that cannot be read, so that nobody can say a higher one.
    var epoch: UInt64? {
        get { number(at: Self.epochOffset) }
        nonmutating set { store(newValue ?? 0, at: Self.epochOffset) }
    }

    /// The last sequence that was acknowledged; 0 where that cannot be read, or for none.
    var acknowledged: UInt64 {
        get { number(at: Self.acknowledgedOffset) ?? 0 }
        nonmutating set { store(newValue, at: Self.acknowledgedOffset) }
    }

    private var length: Int { Int(memory.bytes.number(UInt32.self, at: 24)) }

    private var checksum: UInt32 {
        let end = Self.destinationOffset + min(length, Self.destinationBytes)
        let destination = UnsafeRawBufferPointer(rebasing: memory.bytes[Self.destinationOffset..<end])
        return CRC32.checksum(
            destination.bindMemory(to: UInt8.self).span, initial: memory.bytes.checksum(0..<28))
    }

    /// Whether a later version has written it, whose spools are none of ours.
    var isOfLaterVersion: Bool {
        let magic = memory.bytes.number(UInt64.self, at: 0)
        let version = UInt64(UInt8.max) << 56
        return magic != SpoolFormat.spoolMagic && magic & ~version == SpoolFormat.spoolMagic & ~version
    }

    private var isSound: Bool {
        memory.bytes.number(UInt64.self, at: 0) == SpoolFormat.spoolMagic && length <= Self.destinationBytes
            && memory.bytes.number(UInt32.self, at: 28) == checksum
    }

    // Each number stands beside its complement, so that one which is torn or damaged is not believed.

    private func number(at offset: Int) -> UInt64? {
        let number = memory.bytes.number(UInt64.self, at: offset)
        guard number <= SpoolFormat.largestNumber else { return nil }
        return memory.bytes.number(UInt64.self, at: offset + 8) == ~number ? number : nil
    }

    private func store(_ number: UInt64, at offset: Int) {
        memory.writable.store(number, at: offset)
        memory.writable.store(~number, at: offset + 8)
    }
}
