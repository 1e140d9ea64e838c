internal import Glibc

/// Looks for damage in a write-ahead log that a process has left, which SQLite passes over in silence: it recovers what stands before
/// the first frame whose checksum is wrong, and takes the rest for a commit that was not finished.
///
/// Each commit is synced before the next one is written, so what was never finished stands behind all that was acknowledged. How far that
/// goes says a ``LogMark``: something wrong before it is damage. Behind it, or without one, it is where two or more commits follow.
struct LogCheck {
    private let descriptor: Int32
    private let path: String

    /// - Throws: `corrupt` if commits would be lost without a word. A log that is missing or cannot be read is left to SQLite.
    static func run(database path: String) throws(StoreError) {
        let descriptor = open(path + "-wal", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        try LogCheck(descriptor: descriptor, path: path).run()
    }

    private func run() throws(StoreError) {
        let header = LogFrames.read(descriptor, LogFrames.headerBytes, at: 0)
        guard header.count == LogFrames.headerBytes else { return }
        // A file that has grown and was not written yet has zeros there.
        if header.contains(where: { $0 != 0 }), DatabaseHeader.hasNoLog(path) { throw foreign }
        if let frames = LogFrames(descriptor) { return try check(frames) }
        guard try isNeedless(behind: header, LogPages(database: path)) else {
            throw damaged("its header is not what was written")
        }
    }

    /// Whether nobody needs a log whose header is not what was written: it was to be begun anew, and SQLite passes over it. That nothing
    /// is wrong beside the header is not taken for granted.
    private func isNeedless(behind header: [UInt8], _ pages: borrowing LogPages) throws(StoreError) -> Bool {
        let bytes = pages.pageBytes
        guard (512...65_536).contains(bytes) else { return false }
        let first = LogRound(ofFrame: 0, in: descriptor, pageBytes: bytes)
        let second = LogRound(ofFrame: 1, in: descriptor, pageBytes: bytes)
        guard let first else {
            // A header is synced before what stands behind it is written.
            let page = LogFrames.read(descriptor, bytes, at: LogFrames.headerBytes + LogFrames.frameHeaderBytes)
            return second == nil && page.allSatisfy { $0 == 0 }
        }
        if let second, second != first, !first.isLater(than: second) {
            // Of the second one's round no commit was ever synced; it began when all of the first one's was in the database.
            return second.isLater(than: first)
        }
        // Where the salts were written before it was cut, the next round had begun.
        if LogRound(salts: Array(header[16..<24])).isNext(after: first) { return true }
        let frames = LogFrames.withoutHeader(descriptor, first.salts, pageBytes: bytes)
        return pages.areInDatabase(frames, upTo: try extent(of: frames).committed)
    }

    private func check(_ frames: LogFrames) throws(StoreError) {
        let extent = try extent(of: frames)
        guard extent.whole < extent.committed else { return }
        let pages = try LogPages(database: path)
        guard !pages.areInDatabase(frames, upTo: extent.committed) else { throw superfluous }
        throw damaged(
            "a commit that was acknowledged is not what was written",
            " Where both files come from a copy, \(DatabaseLock.path(database: path)) is of later: remove that one, and start again."
        )
    }

    /// Up to which frame all is what was written, and up to which one it was committed.
    private func extent(of frames: LogFrames) throws(StoreError) -> (whole: Int, committed: Int) {
        let found = Self.found(in: frames)
        let mark = LogMark(lock: DatabaseLock.path(database: path)).flatMap { $0.salts == frames.salts ? $0 : nil }
        if let mark, found.committed < Int(mark.frames) { return (found.committed, Int(mark.frames)) }
        // Where commits were broken off one after the other, a shorter one stands over the beginning of a longer one. The ends of
        // both are there, and neither was finished: a commit whose pages could not be written has no end that is what was written.
        // One whose end is whole was perhaps not synced, which only a mark can tell.
        let ends = mark == nil && found.isLastEndWhole ? found.endsBehind : found.wholeEndsBehind
        if ends > 1 {
            throw damaged("some of it is not what was written, and commits stand behind that")
        }
        return (found.committed, found.committed)
    }

    /// What is in the frames of this round through the file.
    private struct Found {
        /// Frames up to the end of the last commit before anything that is not what was written.
        var committed = 0
        /// Ends of commits from there on, and how many of them are what was written, if those before them are.
        var endsBehind = 0
        var wholeEndsBehind = 0
        /// Whether the last of them is.
        var isLastEndWhole = false
    }

    private static func found(in frames: LogFrames) -> Found {
        var frames = frames
        var found = Found()
        var (count, isWhole) = (0, true)
        while let frame = frames.next() {
            count += 1
            isWhole = isWhole && frame.continues
            guard frame.endsCommit else { continue }
            if isWhole {
                found.committed = count
            } else {
                found.endsBehind += 1
                found.isLastEndWhole = frame.continues
                if frame.continues { found.wholeEndsBehind += 1 }
            }
        }
        return found
    }

    /// A log that was there before the database was. SQLite would copy it into that one.
    private var foreign: StoreError {
        StoreError(
            .corrupt,
            "\(path)-wal is the log of another database than \(path), which was put in the place of that one. Remove it, and "
                + "start again: what is in it belongs to what was here before.")
    }

    /// As it lies idle between two commits. SQLite would put earlier pages over later ones.
    private var superfluous: StoreError {
        StoreError(
            .corrupt,
            "\(path)-wal is damaged, and all that was committed is in \(path) already. Remove \(path)-wal, and start again: nothing is "
                + "lost.")
    }

    /// - Parameter hint: what else there is to do.
    private func damaged(_ what: String, _ hint: String = "") -> StoreError {
        StoreError(
            .corrupt,
            "\(path)-wal is damaged: \(what). \(path) alone lacks what was committed last, and may make no sense without it: put a "
                + "backup in its place, and remove \(path)-wal. Or keep a copy of both, and run "
                + "`sqlite3 '\(path)' 'PRAGMA wal_checkpoint(TRUNCATE)'` to go on without what cannot be read; "
                + "`tracewire check` says whether the rest holds together.\(hint)")
    }
}
