internal import Glibc

/// Looks for damage in a write-ahead log that a process has left, which SQLite passes over in silence: it recovers what stands before
/// the first frame whose checksum is wrong, and takes the rest for a commit that was not finished.
///
/// Each commit is synced before the next one is written, so what was never finished stands behind all that was acknowledged. How far that
/// goes says a ``LogMark``: something wrong before it is damage. Behind it, or without one, it is where two or more commits follow.
/// https://www.sqlite.org/fileformat.html, section 4, says what is where.
struct LogCheck {
    static let headerBytes = 32
    static let frameHeaderBytes = 24
    /// The last bit of the magic number says in which order bytes are summed.
    private static let magic: UInt32 = 0x377f_0682

    private let descriptor: Int32
    private let path: String
    private var isBigEndian = false
    private var sum: (UInt32, UInt32) = (0, 0)

    /// - Throws: `corrupt` if commits would be lost without a word. A log that is missing or cannot be read is left to SQLite.
    static func run(database path: String) throws(StoreError) {
        let descriptor = open(path + "-wal", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var check = LogCheck(descriptor: descriptor, path: path)
        try check.run()
    }

    private init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    private mutating func run() throws(StoreError) {
        let header = read(Self.headerBytes, at: 0)
        // A file that has grown and was not written yet has zeros there.
        guard header.count == Self.headerBytes, header.contains(where: { $0 != 0 }) else { return }
        let magic = Self.number(header, 0)
        isBigEndian = magic & 1 == 1
        add(header[..<24])
        let pageBytes = Int(Self.number(header, 8))
        guard magic & ~1 == Self.magic, sum == (Self.number(header, 24), Self.number(header, 28)),
            (512...65_536).contains(pageBytes)
        else {
            if try LogPages(log: descriptor, database: path).areInDatabase { return }
            throw damaged("its header is not what was written")
        }
        let salts = header[16..<24]
        let found = readFrames(salts: salts, bytes: Self.frameHeaderBytes + pageBytes)
        let mark = LogMark(lock: DatabaseLock.path(database: path)).flatMap { $0.salts.elementsEqual(salts) ? $0 : nil }
        if let mark, found.committed < Int(mark.frames) {
            throw damaged("a commit that was acknowledged is not what was written")
        }
        // Where commits were broken off one after the other, a shorter one stands over the beginning of a longer one. The ends of
        // both are there, and neither was finished, which only a mark can tell.
        if (mark == nil ? found.endsBehind : found.wholeEndsBehind) > 1 {
            throw damaged("some of it is not what was written, and commits stand behind that")
        }
    }

    /// What is in the frames of this round through the file; those of an earlier one have other salts.
    private struct Found {
        /// Frames up to the end of the last commit before anything that is not what was written.
        var committed = 0
        /// Ends of commits from there on, and how many of them are what was written, if those before them are.
        var endsBehind = 0
        var wholeEndsBehind = 0
    }

    private mutating func readFrames(salts: ArraySlice<UInt8>, bytes: Int) -> Found {
        var found = Found()
        var position = Self.headerBytes
        var isWhole = true
        while true {
            let frame = read(bytes, at: position)
            guard frame.count == bytes else { return found }
            position += bytes
            let isOfThisRound = frame[8..<16].elementsEqual(salts)
            let recorded = (Self.number(frame, 16), Self.number(frame, 20))
            add(frame[..<8])
            add(frame[Self.frameHeaderBytes...])
            let continues = isOfThisRound && sum == recorded
            isWhole = isWhole && continues
            sum = recorded
            guard isOfThisRound, Self.number(frame, 0) != 0, Self.number(frame, 4) != 0 else { continue }
            if isWhole {
                found.committed = (position - Self.headerBytes) / bytes
            } else {
                found.endsBehind += 1
                if continues { found.wholeEndsBehind += 1 }
            }
        }
    }

    private func damaged(_ what: String) -> StoreError {
        StoreError(
            .corrupt,
            "\(path)-wal is damaged: \(what). Restore the database and this file from a backup; or run "
                + "`sqlite3 '\(path)' 'PRAGMA wal_checkpoint(TRUNCATE)'` to go on without what cannot be read.")
    }

    private func read(_ bytes: Int, at position: Int) -> [UInt8] { Self.read(descriptor, bytes, at: position) }

    /// Up to so many bytes of a file.
    static func read(_ descriptor: Int32, _ bytes: Int, at position: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: bytes) { buffer, count in
            count = max(0, pread(descriptor, buffer.baseAddress, bytes, off_t(position)))
        }
    }

    /// Continues the checksum over bytes, eight at a time.
    private mutating func add(_ bytes: ArraySlice<UInt8>) {
        let isBigEndian = isBigEndian
        var (first, second) = sum
        bytes.withUnsafeBytes { bytes in
            for offset in stride(from: 0, to: bytes.count - 7, by: 8) {
                let one = bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
                let other = bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
                first &+= (isBigEndian ? one.bigEndian : one.littleEndian) &+ second
                second &+= (isBigEndian ? other.bigEndian : other.littleEndian) &+ first
            }
        }
        sum = (first, second)
    }

    /// The integer of four bytes at `offset`, the most significant first.
    static func number(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
        bytes[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }
}
