internal import Glibc
internal import TracewireProtocol

/// The file that says whose records a spool holds, how far they are acknowledged, and, by being locked, that its process
/// lives.
///
/// `@unchecked Sendable`: what changes is written under the lock of the queue that the spool belongs to.
final class SpoolOwner: @unchecked Sendable {
    /// Longest destination, in bytes.
    static let destinationBytes = SpoolFormat.ownerBytes - destinationOffset
    private static let destinationOffset = 64
    private static let epochOffset = 32
    private static let acknowledgedOffset = 48

    private let descriptor: Int32
    private let memory: SegmentMemory

    /// Takes over `descriptor`, which is locked.
    private init(_ descriptor: Int32, _ memory: SegmentMemory) {
        (self.descriptor, self.memory) = (descriptor, memory)
    }

    deinit {
        // Closed last: with it goes the lock.
        close(descriptor)
    }

    /// Makes the file, locked.
    ///
    /// - Parameter destination: where the records are to go; what is too long is cut.
    /// - Throws: ``SpoolError``.
    static func create(_ path: String, _ producer: Identifier, _ destination: String) throws(SpoolError) -> SpoolOwner {
        let descriptor = Glibc.open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SpoolError("create", path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, isLinked(descriptor) else {
            throw closing(descriptor, "lock", path)
        }
        do throws(SpoolError) {
            let owner = try SpoolOwner(reserving: descriptor, path)
            owner.begin(producer, destination)
            return owner
        } catch {
            unlink(path)
            throw error
        }
    }

    /// Opens the file of a process that is gone, and locks it; `nil` if somebody has it, or has removed it.
    ///
    /// - Throws: ``SpoolError``.
    static func take(_ path: String) throws(SpoolError) -> SpoolOwner? {
        let descriptor = Glibc.open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            guard errno != ENOENT else { return nil }
            throw SpoolError("open", path)
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            guard errno == EWOULDBLOCK else { throw closing(descriptor, "lock", path) }
            close(descriptor)
            return nil
        }
        // Whoever had it locked may have delivered and removed it meanwhile.
        guard isLinked(descriptor) else {
            close(descriptor)
            return nil
        }
        return try SpoolOwner(reserving: descriptor, path)
    }

    private static func isLinked(_ descriptor: Int32) -> Bool {
        var status = stat()
        return fstat(descriptor, &status) == 0 && status.st_nlink > 0
    }

    /// Takes over `descriptor`, which is locked. Its file must have its whole size on the disk, or a write to the mapping
    /// could end the process.
    private convenience init(reserving descriptor: Int32, _ path: String) throws(SpoolError) {
        let number = posix_fallocate(descriptor, 0, off_t(SpoolFormat.ownerBytes))
        guard number == 0 else {
            errno = number
            throw Self.closing(descriptor, "reserve \(SpoolFormat.ownerBytes) bytes for", path)
        }
        guard let memory = SegmentMemory.file(descriptor, SpoolFormat.ownerBytes) else {
            throw Self.closing(descriptor, "map", path)
        }
        self.init(descriptor, memory)
    }

    private static func closing(_ descriptor: Int32, _ action: String, _ path: String) -> SpoolError {
        let error = SpoolError(action, path)
        close(descriptor)
        return error
    }

    /// Lets others have the spool.
    func release() {
        flock(descriptor, LOCK_UN)
    }

    private func begin(_ producer: Identifier, _ destination: String) {
        let length = min(destination.utf8.count, Self.destinationBytes)
        for (index, byte) in destination.utf8.prefix(length).enumerated() {
            memory.writable.store(byte, at: Self.destinationOffset + index)
        }
        memory.writable.store(SpoolFormat.spoolMagic, at: 0)
        memory.writable.store(UInt32(length), at: 24)
        begin(producer)
    }

    /// What is held belongs to `producer` from now on, who has sent nothing yet.
    func begin(_ producer: Identifier) {
        memory.writable.store(producer.high.byteSwapped, at: 8)
        memory.writable.store(producer.low.byteSwapped, at: 16)
        memory.writable.store(checksum, at: 28)
        epoch = 0
        acknowledged = 0
    }

    /// Whose batches these are; `nil` where that cannot be read.
    var producer: Identifier? {
        guard isSound else { return nil }
        return Identifier(
            high: memory.bytes.number(UInt64.self, at: 8).byteSwapped,
            low: memory.bytes.number(UInt64.self, at: 16).byteSwapped)
    }

    /// Where the records were to go; `nil` where that cannot be read.
    var destination: String? {
        guard isSound else { return nil }
        let text = UnsafeRawBufferPointer(rebasing: memory.bytes[Self.destinationOffset...].prefix(length))
        return String(validating: text.bindMemory(to: UInt8.self).span)
    }

    /// Of the last connection; `nil` where that cannot be read, so that nobody can say a higher one.
    var epoch: UInt64? {
        get { number(at: Self.epochOffset) }
        set { store(newValue ?? 0, at: Self.epochOffset) }
    }

    /// The last sequence that was acknowledged; 0 where that cannot be read, or for none.
    var acknowledged: UInt64 {
        get { number(at: Self.acknowledgedOffset) ?? 0 }
        set { store(newValue, at: Self.acknowledgedOffset) }
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
