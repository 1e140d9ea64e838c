/// The pages in a write-ahead log whose header cannot be read: are they in the database all the same?
///
/// SQLite begins a log anew, with a new header, only when all of it has been copied into the database, and that was synced. Power that is
/// lost while the header is written leaves a part of it, and behind it the frames of before, which nobody needs any more.
/// https://www.sqlite.org/fileformat.html, section 4.4.
struct LogPages {
    private let log: Int32
    private let path: String

    init(log: Int32, database path: String) {
        (self.log, self.path) = (log, path)
    }

    /// Whether the database has what the commits in the log say of every page.
    ///
    /// - Throws: `cannot_open`.
    var areInDatabase: Bool {
        get throws(StoreError) {
            guard let database = DatabaseFile(path) else {
                throw StoreError(.cannotOpen, "\(path) cannot be read. Check that it exists, and who may read it.")
            }
            let bytes = pageBytes(database)
            guard bytes >= 512 else { return false }
            let (newest, count) = committed(bytes)
            for (page, position) in newest where page <= count {
                // Others are not there any more: the last commit may have made the database shorter.
                let written = LogFrames.read(log, bytes, at: position + LogFrames.frameHeaderBytes)
                guard database.read(bytes, at: Int(page - 1) * bytes) == written else { return false }
            }
            return true
        }
    }

    /// The same of the first frames of a log whose header can be read. A page that is not what was written is in the database where
    /// that one's goes with the frame's checksum.
    func areInDatabase(_ frames: consuming LogFrames, upTo count: Int) -> Bool {
        guard let database = DatabaseFile(path) else { return false }
        var isInDatabase: [UInt32: Bool] = [:]
        var pages: UInt32 = 0
        for _ in 0..<count {
            guard let frame = frames.next(), frame.isOfThisRound, frame.page > 0 else { return false }
            let copied = database.read(frames.pageBytes, at: Int(frame.page - 1) * frames.pageBytes)
            isInDatabase[frame.page] = frames.continues(frame, with: copied)
            pages = frame.pages
        }
        return isInDatabase.allSatisfy { page, isThere in isThere || page > pages }
    }

    /// As the database's header says it: two bytes at 16, where 1 stands for 65,536.
    private func pageBytes(_ database: borrowing DatabaseFile) -> Int {
        let header = database.read(20, at: 0)
        guard header.count == 20 else { return 0 }
        let bytes = Int(header[16]) << 8 | Int(header[17])
        return bytes == 1 ? 65_536 : bytes
    }

    /// Where the newest version of each page is, and how many pages the database has behind the last commit: of the frames
    /// with the first one's salts, up to the last that ends a commit.
    private func committed(_ pageBytes: Int) -> (newest: [UInt32: Int], count: UInt32) {
        let bytes = LogFrames.frameHeaderBytes
        var position = LogFrames.headerBytes
        let salts = LogFrames.read(log, bytes, at: position).dropFirst(8).prefix(8)
        var (newest, unfinished): ([UInt32: Int], [UInt32: Int]) = ([:], [:])
        var count: UInt32 = 0
        while true {
            let frame = LogFrames.read(log, bytes, at: position)
            guard frame.count == bytes, frame[8..<16].elementsEqual(salts) else { return (newest, count) }
            let page = LogFrames.number(frame, 0)
            if page > 0 { unfinished[page] = position }
            let pages = LogFrames.number(frame, 4)
            if pages > 0 {
                newest.merge(unfinished) { _, newer in newer }
                (unfinished, count) = ([:], pages)
            }
            position += bytes + pageBytes
        }
    }
}
