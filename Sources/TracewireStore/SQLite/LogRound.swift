/// Which round through a write-ahead log a frame is of.
///
/// Each time SQLite begins a log anew it adds one to the first salt, and takes another second one by chance. It does so only when all
/// of the round before is in the database, and that was synced. https://www.sqlite.org/fileformat.html, section 4.4.
struct LogRound: Equatable {
    /// Rounds may have had so few frames that those of earlier ones are still there: so many of them at most.
    private static let mostBetween: UInt32 = 1_000

    let salts: [UInt8]

    init(salts: [UInt8]) {
        self.salts = salts
    }

    /// - Parameter number: of the frame, from 0.
    /// - Returns: `nil` if nothing is there: the file ends before, or has zeros.
    init?(ofFrame number: Int, in log: Int32, pageBytes: Int) {
        let position = LogFrames.headerBytes + number * (LogFrames.frameHeaderBytes + pageBytes)
        let header = LogFrames.read(log, LogFrames.frameHeaderBytes, at: position)
        guard header.count == LogFrames.frameHeaderBytes, header.contains(where: { $0 != 0 }) else { return nil }
        salts = Array(header[8..<16])
    }

    /// Whether it can be of a later round than the other. A byte that has changed makes only one of two salts another.
    func isLater(than other: LogRound) -> Bool {
        (1...Self.mostBetween).contains(rounds(since: other)) && salts[4...] != other.salts[4...]
    }

    /// Whether it can be of the very next round.
    func isNext(after other: LogRound) -> Bool { isLater(than: other) && rounds(since: other) == 1 }

    private func rounds(since other: LogRound) -> UInt32 {
        LogFrames.number(salts, 0) &- LogFrames.number(other.salts, 0)
    }
}
