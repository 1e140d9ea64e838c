internal import Glibc
internal import Synchronization
internal import TracewireProtocol

/// One producer's records on disk: a directory with the file that says whose they are, and the segments.
///
/// It belongs to one queue of one process at a time.
final class Spool: Sendable {
    let path: String
    let owner: SpoolOwner
    /// What was shed; `nil` where there is no room for the file.
    let ledger: ShedLedger?
    /// What others leave of the disk; `nil` where that is not to be asked.
    let room: SpoolRoom?
    /// Names are used once: a segment that is being written must not meet one of its name.
    private let lastName: Atomic<UInt64>

    private init(_ path: String, _ owner: SpoolOwner, _ ledger: ShedLedger?, _ room: SpoolRoom?, lastName: UInt64) {
        (self.path, self.owner, self.ledger, self.room) = (path, owner, ledger, room)
        self.lastName = Atomic(lastName)
    }

    /// Makes a spool in `directory`, which is made, too, if it is missing.
    ///
    /// Between the making of its directory and the locking of its owner file, somebody may take it for that of a dead
    /// process, and remove it. Then this throws, and nothing is lost: another name may be tried.
    ///
    /// - Parameters:
    ///   - limit: bytes that the directory's spools may take together; `nil` for any.
    ///   - lookingAgainAfter: how long what was seen of the others holds.
    /// - Throws: ``SpoolError``.
    static func create(
        in directory: String, _ producer: Identifier, _ destination: String, limit: Int? = nil,
        lookingAgainAfter: Duration = .seconds(5)
    ) throws(SpoolError) -> Spool {
        try SpoolDirectory.make(directory)
        let path = "\(directory)/\(producer)"
        let room = limit.map {
            SpoolRoom(in: directory, besides: path, limit: $0, lookingAgainAfter: lookingAgainAfter)
        }
        try room?.check()
        guard mkdir(path, 0o700) == 0 else { throw SpoolError("create", path) }
        do throws(SpoolError) {
            let owner = try SpoolOwner.create("\(path)/\(SpoolFormat.ownerName)", producer, destination)
            let ledger = try ShedLedger(creatingIn: path)
            return Spool(path, owner, ledger, room, lastName: 0)
        } catch {
            unlink("\(path)/\(SpoolFormat.ownerName)")
            rmdir(path)
            throw error
        }
    }

    /// Takes over the spool of a process that is gone; `nil` if another process has it, or has removed it.
    ///
    /// One that a process had just begun to make, or was about to remove, has no owner file, or an empty one.
    ///
    /// - Throws: ``SpoolError``.
    static func take(_ path: String) throws(SpoolError) -> Spool? {
        guard let owner = try SpoolOwner.take("\(path)/\(SpoolFormat.ownerName)") else { return nil }
        guard !owner.fields.isOfLaterVersion else {
            throw SpoolError("take over", path, because: "a later version of Tracewire has written it")
        }
        let names = try SpoolDirectory.names(in: path).compactMap { name in
            name.hasSuffix(SpoolFormat.segmentSuffix)
                ? UInt64(name.dropLast(SpoolFormat.segmentSuffix.count), radix: 16) : nil
        }
        return Spool(path, owner, try? ShedLedger(takingOver: path), nil, lastName: names.max() ?? 0)
    }

    /// A segment of at least so many bytes, not yet in its place.
    ///
    /// - Parameter isSpare: whether nobody who records waits for it, so that there is time to look at what others hold.
    /// - Throws: ``SpoolError``, where the disk is full, say, or others have filled what the directory may hold.
    func makeSegment(_ bytes: Int, isSpare: Bool = false) throws(SpoolError) -> Segment {
        if isSpare, let room, room.isDue() { room.look() }
        try room?.check()
        let file = nextFile()
        return Segment(try file.create(bytes), file: file)
    }

    private func nextFile() -> SegmentFile {
        let name = String(lastName.wrappingAdd(1, ordering: .relaxed).newValue, radix: 16)
        let padding = String(repeating: "0", count: max(0, 16 - name.count))
        return SegmentFile(path: "\(path)/\(padding)\(name)\(SpoolFormat.segmentSuffix)")
    }

    /// Its segments' files, in no order.
    ///
    /// - Throws: ``SpoolError``.
    func segmentFiles() throws(SpoolError) -> [SegmentFile] {
        try SpoolDirectory.names(in: path).filter { $0.hasSuffix(SpoolFormat.segmentSuffix) }
            .map { SegmentFile(path: "\(path)/\($0)") }
    }

    /// Keeps a damaged segment for whoever wants to look at it, beside the spools.
    func setAside(_ file: SegmentFile) {
        SpoolDirectory.setAside(file)
    }

    /// Removes the spool, which must have no segment that is still needed.
    func remove() {
        for name in (try? SpoolDirectory.names(in: path)) ?? [] where name != SpoolFormat.ownerName {
            unlink("\(path)/\(name)")
        }
        // The file that is locked goes last, and with the lock held.
        unlink("\(path)/\(SpoolFormat.ownerName)")
        rmdir(path)
    }
}
