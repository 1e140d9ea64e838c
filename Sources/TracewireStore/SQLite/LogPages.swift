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

    /// Where a page of a log is, by its newest frame.
    private enum Place {
        case database
        /// In the log only, where it is what was written.
        case log
        case nowhere
    }

    /// Whether the database has what the first frames of a log say of every page. Where a frame is damaged, the database's page counts
    /// if the frame's checksum fits it.
    func areInDatabase(_ frames: consuming LogFrames, upTo count: Int) -> Bool {
        var places: [UInt32: Place] = [:]
        var pages: UInt32 = 0
        for number in 0..<count {
            guard let frame = frames.next(), frame.isOfThisRound, frame.page > 0 else { return false }
            let copied = database.read(frames.pageBytes, at: Int(frame.page - 1) * frames.pageBytes)
            let place: Place = frames.continues(frame, with: copied) ? .database : frame.isProven ? .log : .nowhere
            // How long the database is says the last one.
            guard number < count - 1 || place != .nowhere else { return false }
            places[frame.page] = place
            pages = frame.pages
        }
        // Others are not there any more: the last commit may have made the database shorter.
        return places.allSatisfy { page, place in place == .database || place == .log && page > pages }
    }

    /// As the database's header says it: two bytes at 16, where 1 stands for 65,536.
    var pageBytes: Int {
        let header = database.read(20, at: 0)
        guard header.count == 20 else { return 0 }
        let bytes = Int(header[16]) << 8 | Int(header[17])
        return bytes == 1 ? 65_536 : bytes
    }
}
