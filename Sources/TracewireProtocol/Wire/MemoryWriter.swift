/// Writes fields in the protobuf wire format into memory that somebody else owns, and no further than it reaches.
///
/// Nothing is allocated, and room is looked at, not trusted: what does not fit is left out, and said by ``isComplete``.
@safe struct MemoryWriter: WireSink {
    private let memory: UnsafeMutableRawBufferPointer
    private(set) var count = 0
    /// Whether everything found room.
    private(set) var isComplete = true

    init(_ memory: UnsafeMutableRawBufferPointer) {
        unsafe self.memory = memory
    }

    @inline(__always)
    private mutating func hasRoom(_ bytes: Int) -> Bool {
        if unsafe bytes <= memory.count - count { return true }
        isComplete = false
        return false
    }

    @inline(__always)
    mutating func byte(_ value: UInt8) {
        guard hasRoom(1) else { return }
        unsafe memory.storeBytes(of: value, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    mutating func write(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBytes { unsafe copy($0) }
    }

    mutating func write(_ text: String.UTF8View) {
        let isContiguous: Void? = unsafe text.withContiguousStorageIfAvailable {
            unsafe copy(UnsafeRawBufferPointer($0))
        }
        if isContiguous == nil {
            for unit in text { byte(unit) }
        }
    }

    @inline(__always)
    private mutating func copy(_ bytes: UnsafeRawBufferPointer) {
        guard hasRoom(bytes.count) else { return }
        unsafe UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyMemory(from: bytes)
        count += bytes.count
    }

    mutating func closeMessage(at start: Int) {
        guard isComplete else { return }
        let length = count - start - 1
        let lengthBytes = Self.varintLength(UInt64(length))
        guard hasRoom(lengthBytes - 1) else { return }
        let body = unsafe UnsafeRawBufferPointer(rebasing: memory[(start + 1)..<count])
        // Both stretches may overlap: this copies as memmove does.
        if lengthBytes > 1 {
            unsafe UnsafeMutableRawBufferPointer(rebasing: memory[(start + lengthBytes)...]).copyMemory(from: body)
        }
        count = start
        varint(UInt64(length))
        count += length
    }
}

extension Record where Text == String {
    /// Writes the record as an entry of `Batch.records`, as ``WireWriter/appendBatchEntry(_:)`` does, to the start of
    /// `memory`. Nothing is allocated.
    ///
    /// - Returns: the bytes written; `nil` if they do not fit.
    public func writeBatchEntry(to memory: UnsafeMutableRawBufferPointer) -> Int? {
        var writer = unsafe MemoryWriter(memory)
        writer.message(1) { $0.record(self) }
        return writer.isComplete ? writer.count : nil
    }
}
