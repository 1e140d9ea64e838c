internal import Glibc

/// The frames of a write-ahead log, one after the other, and whether each is what was written.
/// https://www.sqlite.org/fileformat.html, section 4, says what is where.
struct LogFrames {
    static let headerBytes = 32
    static let frameHeaderBytes = 24
    /// The last bit of the magic number says in which order bytes are summed.
    private static let magic: UInt32 = 0x377f_0682

    /// One frame as it stands in the file.
    struct Frame {
        /// Its header and its page.
        let bytes: [UInt8]
        /// Whether it is of this round through the file: those of an earlier one have other salts.
        let isOfThisRound: Bool
        /// Whether its checksum goes on from what the frame before it says.
        let continues: Bool
        /// Whether that is known, and not only taken for granted: of the first frame behind a damaged header it is not.
        var isProven: Bool { continues && before != nil }
        fileprivate let before: (UInt32, UInt32)?
        fileprivate let recorded: (UInt32, UInt32)

        /// The number of its page, the first being 1.
        var page: UInt32 { LogFrames.number(bytes, 0) }
        /// How many pages the database has; 0 where it does not end a commit.
        var pages: UInt32 { LogFrames.number(bytes, 4) }
        /// Whether it looks like the end of a commit of this round.
        var endsCommit: Bool { isOfThisRound && page != 0 && pages != 0 }
    }

    /// What other ones of each round are.
    let salts: [UInt8]
    let pageBytes: Int
    private let descriptor: Int32
    private let isBigEndian: Bool
    /// Of what stands before the next frame; `nil` where that is not known.
    private var sum: (UInt32, UInt32)?
    private var position = headerBytes

    /// - Parameter descriptor: of the log; it stays open.
    /// - Returns: `nil` if its header is not what was written.
    init?(_ descriptor: Int32) {
        let header = Self.read(descriptor, Self.headerBytes, at: 0)
        guard header.count == Self.headerBytes, Self.number(header, 0) & ~1 == Self.magic else { return nil }
        self.descriptor = descriptor
        isBigEndian = Self.number(header, 0) & 1 == 1
        pageBytes = Int(Self.number(header, 8))
        salts = Array(header[16..<24])
        let sum = Self.sum(header[..<24], (0, 0), isBigEndian)
        guard sum == (Self.number(header, 24), Self.number(header, 28)), (512...65_536).contains(pageBytes) else {
            return nil
        }
        self.sum = sum
    }

    /// Those of one round behind a header that is not what was written. The first frame says what the header should, but for its own
    /// checksum: what stands in it can be compared with the database only. Bytes are summed in the order with which the second goes on.
    static func withoutHeader(_ descriptor: Int32, _ salts: [UInt8], pageBytes: Int) -> LogFrames {
        let orders = [false, true].map { isBigEndian in
            LogFrames(descriptor, salts: salts, pageBytes: pageBytes, isBigEndian: isBigEndian)
        }
        return orders.first { frames in
            var frames = frames
            _ = frames.next()
            return frames.next()?.continues == true
        } ?? orders[0]
    }

    private init(_ descriptor: Int32, salts: [UInt8], pageBytes: Int, isBigEndian: Bool) {
        (self.descriptor, self.salts, self.pageBytes, self.isBigEndian) = (descriptor, salts, pageBytes, isBigEndian)
    }

    /// Goes on behind so many frames, as the last of them says.
    mutating func skip(to frame: Int) {
        guard frame > 0 else { return }
        position = Self.headerBytes + frame * (Self.frameHeaderBytes + pageBytes)
        let end = Self.read(descriptor, 8, at: position - pageBytes - 8)
        if end.count == 8 { sum = (Self.number(end, 0), Self.number(end, 4)) }
    }

    /// `nil` at the end of the file.
    mutating func next() -> Frame? {
        let count = Self.frameHeaderBytes + pageBytes
        let bytes = Self.read(descriptor, count, at: position)
        guard bytes.count == count else { return nil }
        position += count
        let (before, recorded) = (sum, (Self.number(bytes, 16), Self.number(bytes, 20)))
        let isOfThisRound = bytes[8..<16].elementsEqual(salts)
        let continues = before.map { summed($0, bytes[..<8], bytes[Self.frameHeaderBytes...]) == recorded } ?? true
        sum = recorded
        return Frame(
            bytes: bytes, isOfThisRound: isOfThisRound, continues: isOfThisRound && continues, before: before,
            recorded: recorded)
    }

    /// Whether a frame's checksum would go on so with another page in it.
    func continues(_ frame: Frame, with page: [UInt8]) -> Bool {
        guard page.count == pageBytes else { return false }
        guard let before = frame.before else { return page[...] == frame.bytes[Self.frameHeaderBytes...] }
        return summed(before, frame.bytes[..<8], page[...]) == frame.recorded
    }

    private func summed(
        _ sum: (UInt32, UInt32), _ header: ArraySlice<UInt8>, _ page: ArraySlice<UInt8>
    ) -> (UInt32, UInt32) {
        Self.sum(page, Self.sum(header, sum, isBigEndian), isBigEndian)
    }

    /// Continues the checksum over bytes, eight at a time.
    private static func sum(
        _ bytes: ArraySlice<UInt8>, _ sum: (UInt32, UInt32), _ isBigEndian: Bool
    ) -> (UInt32, UInt32) {
        var (first, second) = sum
        bytes.withUnsafeBytes { bytes in
            for offset in stride(from: 0, to: bytes.count - 7, by: 8) {
                let one = bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
                let other = bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
                first &+= (isBigEndian ? one.bigEndian : one.littleEndian) &+ second
                second &+= (isBigEndian ? other.bigEndian : other.littleEndian) &+ first
            }
        }
        return (first, second)
    }

    /// Up to so many bytes of a file.
    static func read(_ descriptor: Int32, _ bytes: Int, at position: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: bytes) { buffer, count in
            count = max(0, pread(descriptor, buffer.baseAddress, bytes, off_t(position)))
        }
    }

    /// The integer of four bytes at `offset`, the most significant first.
    static func number(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
        bytes[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }
}
