internal import Glibc
internal import Synchronization

/// What the other spools of a directory take of the bytes that it may hold, so that a program which crashes over and over
/// while no collector is there does not fill the disk.
final class SpoolRoom: Sendable {
    /// Of the limit, whatever others hold: what a spool may go on with that was begun while there was room.
    private static let least = 8
    private let directory: String
    private let own: String
    private let limit: Int
    private let lookingAgainAfter: Duration
    private let others: Atomic<Int>
    private let measured = Mutex(ContinuousClock.now)

    /// - Parameters:
    ///   - own: the spool that is not counted.
    ///   - limit: in bytes.
    init(in directory: String, besides own: String, limit: Int, lookingAgainAfter: Duration) {
        (self.directory, self.own, self.limit) = (directory, own, limit)
        self.lookingAgainAfter = lookingAgainAfter
        others = Atomic(Self.bytes(of: directory, besides: own))
    }

    /// What others leave of `limit`, as far as was last seen.
    func left(of limit: Int) -> Int {
        max(limit - others.load(ordering: .relaxed), limit / Self.least)
    }

    /// Whether it is some time since anybody looked. Whoever asks has to ``look()`` then.
    func isDue() -> Bool {
        measured.withLock { measured in
            guard measured.duration(to: .now) > lookingAgainAfter else { return false }
            measured = .now
            return true
        }
    }

    func look() {
        others.store(Self.bytes(of: directory, besides: own), ordering: .relaxed)
    }

    /// - Throws: ``SpoolError`` if others hold all that the directory may, as far as was last seen.
    func check() throws(SpoolError) {
        let taken = others.load(ordering: .relaxed)
        guard taken >= limit else { return }
        throw SpoolError(
            "add to", directory,
            because: "the spools of other processes hold \(taken) bytes, and the limit is \(limit); "
                + "`tracewire forward` delivers those that were left")
    }

    /// Bytes of the files of a directory's spools. What cannot be looked at counts as nothing.
    private static func bytes(of directory: String, besides own: String) -> Int {
        ((try? SpoolDirectory.spools(in: directory)) ?? []).lazy.filter { $0 != own }.reduce(0) { sum, spool in
            sum + ((try? SpoolDirectory.names(in: spool)) ?? []).reduce(0) { $0 + bytes(ofFile: "\(spool)/\($1)") }
        }
    }

    private static func bytes(ofFile path: String) -> Int {
        var status = stat()
        guard stat(path, &status) == 0 else { return 0 }
        return Int(status.st_blocks) * 512
    }
}
