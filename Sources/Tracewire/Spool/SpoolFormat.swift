internal import TracewireProtocol

/// The layout of a spool's files, all numbers little-endian. `protocol/SPOOL.md` says the same in words.
enum SpoolFormat {
    /// "TWSEGMT1".
    static let segmentMagic: UInt64 = 0x3154_4d47_4553_5754
    /// "TWSPOOL1".
    static let spoolMagic: UInt64 = 0x314c_4f4f_5053_5754

    /// The name of the file that says whose spool it is, and that its owner holds locked.
    static let ownerName = "owner"
    static let ownerBytes = 1024
    static let segmentSuffix = ".segment"

    /// Bytes of a segment before its first entry.
    static let headerBytes = 64
    /// Bytes of the header that its checksum covers.
    static let checkedHeaderBytes = 24
    /// The length and the checksum in front of a record.
    static let entryHeaderBytes = 8
    /// Every entry begins at a multiple of this.
    static let alignment = 8
    /// Set in a length, in memory only: what follows could not be read back, and is passed over.
    static let hole: UInt32 = 1 << 31
    /// Where a batch ends, from the end of the segment down.
    static let markBytes = 16
    /// No epoch and no sequence is larger: one that is says that its bytes are damaged.
    static let largestNumber = UInt64(Int64.max)
    /// Segments are whole pages.
    static let pageBytes = 4096

    /// What a record of so many bytes takes in a segment.
    static func entryBytes(_ recordBytes: Int) -> Int {
        aligned(entryHeaderBytes + recordBytes, to: alignment)
    }

    /// The smallest segment that has room for one entry of so many bytes.
    static func segmentBytes(forEntry bytes: Int) -> Int {
        segmentBytes(forEntries: [bytes])
    }

    /// The smallest segment that has room for entries of so many bytes each, and a mark behind each of them.
    static func segmentBytes(forEntries bytes: [Int]) -> Int {
        aligned(headerBytes + bytes.reduce(0, +) + (bytes.count + 1) * markBytes, to: pageBytes)
    }

    /// Where the mark of that index, from 0, lies in a segment of so many bytes.
    static func markOffset(_ index: Int, _ segmentBytes: Int) -> Int {
        segmentBytes - (index + 1) * markBytes
    }

    private static func aligned(_ bytes: Int, to unit: Int) -> Int {
        (bytes + unit - 1) / unit * unit
    }
}

extension UnsafeRawBufferPointer {
    /// The number at `offset`.
    func number<Number: FixedWidthInteger & BitwiseCopyable>(_ type: Number.Type, at offset: Int) -> Number {
        Number(littleEndian: loadUnaligned(fromByteOffset: offset, as: type))
    }

    /// The CRC-32 of a stretch of the bytes.
    func checksum(_ range: Range<Int>) -> UInt32 {
        let bytes = UnsafeRawBufferPointer(rebasing: self[range])
        return CRC32.checksum(bytes.bindMemory(to: UInt8.self).span)
    }
}

extension Identifier {
    /// The one at `offset`, in network order.
    init(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        self.init(
            high: bytes.number(UInt64.self, at: offset).byteSwapped,
            low: bytes.number(UInt64.self, at: offset + 8).byteSwapped)
    }

    func store(to bytes: UnsafeMutableRawBufferPointer, at offset: Int) {
        bytes.store(high.byteSwapped, at: offset)
        bytes.store(low.byteSwapped, at: offset + 8)
    }
}

extension UnsafeMutableRawBufferPointer {
    func store<Number: FixedWidthInteger & BitwiseCopyable>(_ number: Number, at offset: Int) {
        storeBytes(of: number.littleEndian, toByteOffset: offset, as: Number.self)
    }
}
