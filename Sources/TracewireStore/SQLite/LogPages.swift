/// The pages in a write-ahead log that is damaged: are they in the database all the same?
///
/// SQLite begins a log anew, with a new header, only when all of it has been copied into the database, and that was synced. Power that is
/// lost while the header is written leaves a part of it, and behind it the frames of before, which nobody needs any more.
/// https://www.sqlite.org/fileformat.html, section 4.4.
struct LogPages: ~Copyable {
    private let database: DatabaseFile

    /// - Throws: `cannot_open`.
    init(database path: String) throws(StoreError) {
        guard let database = DatabaseFile(path) else {
            throw StoreError(.cannotOpen, "\(path) cannot be read. Check that it exists, and who may read it.")
        }
        self.database = database
    }

    /// Whether the database has what the first frames of a log say of every page. One that is not what was written is there where that
    /// one's goes with the frame's checksum.
    func areInDatabase(_ frames: consuming LogFrames, upTo count: Int) -> Bool {
        var isInDatabase: [UInt32: Bool] = [:]
        var pages: UInt32 = 0
        for _ in 0..<count {
            guard let frame = frames.next(), frame.isOfThisRound, frame.page > 0 else { return false }
            let copied = database.read(frames.pageBytes, at: Int(frame.page - 1) * frames.pageBytes)
            isInDatabase[frame.page] = frames.continues(frame, with: copied)
            pages = frame.pages
        }
        // Others are not there any more: the last commit may have made the database shorter.
        return isInDatabase.allSatisfy { page, isThere in isThere || page > pages }
    }

    /// As the database's header says it: two bytes at 16, where 1 stands for 65,536.
    var pageBytes: Int {
        let header = database.read(20, at: 0)
        guard header.count == 20 else { return 0 }
        let bytes = Int(header[16]) << 8 | Int(header[17])
        return bytes == 1 ? 65_536 : bytes
    }
}
