internal import TracewireProtocol

/// What ``RecordQueue`` keeps under its lock.
///
/// ```text
/// segments: ◀─ oldest ─┬─────────────┬───────────────┬─ open, being filled
///           batches: taken, not acknowledged │ waiting: not taken yet
/// ```
struct QueueState: Sendable {
    let limits: QueueLimits
    var segments: [Segment] = []
    /// Made while the open segment still had room.
    var spare: Segment?
    var batches: [TakenBatch] = []
    /// Behind batches that are not answered yet.
    var passedOver: [PassedOver] = []
    var lowestSequence: UInt64 = 1
    private var lastOrder: UInt64 = 0
    /// Whether batches are missing, so that what is held needs other numbers.
    var isBroken = false
    /// Whether a segment is being read, and whom to tell then.
    var isLoading = false
    var whenLoaded: [@Sendable () -> Void] = []

    private(set) var recorded: UInt64 = 0
    /// Of the recorded ones, how many were made part of batches.
    var takenRecords: UInt64 = 0
    /// Bytes of records that no batch has yet, roughly.
    var waitingBytes = 0
    /// Bytes that records take, in the spool's files and in memory.
    private(set) var heldOnDisk = 0
    private(set) var heldInMemory = 0

    /// Complete segments that wait in memory, too.
    private static let residentSegments = 2
    private var isMakingSpare = false
    private var isSenderAwake = false
    private var isFullBatchAnnounced = false
    private var isShedding = false
    private(set) var isClosed = false
    private var takesOwed = true
    var counts = DeliveryCounts()
    var tally: ShedTally
    var stripping = Stripping()
    /// What other processes leave of the disk.
    private let room: SpoolRoom?

    /// - Parameter left: what a process that is gone had shed.
    init(_ limits: QueueLimits, _ spool: Spool? = nil, left: [ShedLedger.Row] = []) {
        (self.limits, room) = (limits, spool?.room)
        tally = ShedTally(spool?.ledger, left: left)
    }

    var heldBytes: Int { heldOnDisk + heldInMemory }
    /// Records that are in the spool's files, and not answered.
    var spooled: Int {
        let files = segments.lazy.filter { $0.file != nil }
        let waiting = files.reduce(0) { $0 + $1.records - $1.takenRecords }
        return batches.reduce(waiting) { $0 + (isOnDisk($1.order) ? $1.records : 0) }
    }
    var waitingRecords: Int { Int(recorded - min(takenRecords, recorded)) }
    /// Whether new records go to the disk now.
    var isOnDisk: Bool { (segments.last ?? spare)?.file != nil }

    var sequences: HeldSequences {
        HeldSequences(lowest: lowestSequence, highest: lowestSequence + UInt64(batches.count) - 1)
    }

    var progress: QueueProgress {
        QueueProgress(
            recorded: recorded, answered: batches.first.map { $0.firstOrdinal - 1 } ?? takenRecords,
            heldBytes: heldBytes, isClosed: isClosed)
    }

    // MARK: Recording

    /// Appends an entry of a record whose size, estimated without encoding it, is `size`.
    ///
    /// - Parameter isOwed: whether it is a step that was shed before: it is taken for longer.
    mutating func append(_ entry: SegmentEntry, _ size: Int, isOwed: Bool = false) -> Placement {
        guard isOwed ? takesOwed : !isClosed else { return Placement(.closed) }
        guard hasRoom(entry.count + SpoolFormat.markBytes, size) else { return Placement(.full) }
        var placement = Placement(.queued)
        if segments.last?.hasRoom(entry) != true {
            guard let next = spare, next.hasRoom(entry) else { return Placement(.needsSegment) }
            spare = nil
            placement.unloaded = open(next)
            placement.wantsStripping = wantsStripping()
        }
        insert(entry)
        placement.wake = wake()
        placement.isFirstShed = stripping.takeNews()
        placement.wantsSpare = wantsSpare()
        return placement
    }

    /// The same, into `segment`, which was made for it and opened if it is needed.
    mutating func append(_ entry: SegmentEntry, _ size: Int, isOwed: Bool, opening segment: Segment) -> Placement {
        let placement = append(entry, size, isOwed: isOwed)
        guard placement.outcome == .needsSegment else {
            var placement = placement
            placement.unused = segment
            return placement
        }
        let unloaded = open(segment)
        var opened = append(entry, size, isOwed: isOwed)
        opened.unloaded = unloaded
        opened.wantsStripping = wantsStripping()
        return opened
    }

    private func hasRoom(_ bytes: Int, _ size: Int) -> Bool {
        let onDisk = isOnDisk
        let limit = onDisk ? diskLimit : limits.memory
        return (onDisk ? heldOnDisk : heldInMemory) + bytes <= QueueLimits.room(size, of: limit)
    }

    private var diskLimit: Int { room?.left(of: limits.disk) ?? limits.disk }
    /// Whether what is held takes no more than half of its room.
    var isHalfEmpty: Bool { heldOnDisk <= diskLimit / 2 && heldInMemory <= limits.memory / 2 }
    /// Whether so much is held that payloads must go before there is no room at all.
    var isCrowded: Bool { heldOnDisk > diskLimit / 4 * 3 || heldInMemory > limits.memory / 4 * 3 }

    func hasPayloadRoom(_ bytes: Int) -> Bool { hasRoom(bytes, .max) || heldBytes == 0 }

    /// Puts a new segment behind the others: records go there from now on. Returns memory that is not needed meanwhile.
    private mutating func open(_ segment: Segment) -> SegmentMemory? {
        // What is sent next stays; a backlog is read back when its turn comes.
        let waiting = segments.lazy.filter { $0.memory != nil && $0.taken < $0.end }.count
        let unloaded = waiting > Self.residentSegments ? segments[segments.count - 1].unload() : nil
        if let last = segments.indices.last { release(-segments[last].complete(), onDisk: segments[last].file != nil) }
        lastOrder += 1
        segments.append(segment)
        segments[segments.count - 1].open(as: lastOrder)
        return unloaded
    }

    private mutating func insert(_ entry: SegmentEntry) {
        segments[segments.count - 1].append(entry)
        let size = entry.count + SpoolFormat.markBytes
        if isOnDisk { heldOnDisk += size } else { heldInMemory += size }
        waitingBytes += entry.recordBytes
        recorded += 1
        counts.recorded += 1
        if isShedding, isHalfEmpty { isShedding = false }
    }

    private mutating func wake() -> Appended.Wake? {
        defer { isSenderAwake = true }
        if isFullBatchWaiting, !isFullBatchAnnounced {
            isFullBatchAnnounced = true
            return .now
        }
        return isSenderAwake ? nil : .soon
    }

    /// Whether more waits than one batch should have, or a segment is complete.
    private var isFullBatchWaiting: Bool {
        waitingBytes >= limits.batchBytes || waitingRecords >= limits.batchRecords
            || segments.dropLast().last.map { $0.taken < $0.end } ?? false
    }

    /// Whether the next segment should be made now, so that nobody who records has to.
    private mutating func wantsSpare() -> Bool {
        guard spare == nil, !isMakingSpare, let open = segments.last, open.end > open.capacity / 2
        else { return false }
        isMakingSpare = true
        return true
    }

    /// Returns a segment that is not needed.
    mutating func keepSpare(_ segment: Segment?) -> Segment? {
        isMakingSpare = false
        guard spare == nil, !isClosed else { return segment }
        spare = segment
        return nil
    }

    /// Returns whether this is the first that is shed since half of the room was free.
    mutating func beginShedding() -> Bool {
        defer { isShedding = true }
        return !isShedding
    }

    mutating func close(takesOwed: Bool) {
        (isClosed, self.takesOwed) = (true, takesOwed)
    }

    // MARK: Sending

    mutating func asked() {
        isFullBatchAnnounced = false
    }

    mutating func rest() -> Bool {
        guard batches.isEmpty, waitingRecords == 0 else { return false }
        sleep()
        (isFullBatchAnnounced, isShedding) = (false, false)
        stripping.forgetNews()
        return true
    }

    /// The next record wakes the sender again.
    mutating func sleep() {
        isSenderAwake = false
    }

    // MARK: Accounting

    mutating func release(_ bytes: Int, onDisk: Bool) {
        if onDisk { heldOnDisk -= bytes } else { heldInMemory -= bytes }
    }

    /// For what a process that is gone has left.
    mutating func adopt(_ recovered: RecoveredSpool) {
        for segment in recovered.segments {
            segments.append(segment)
            lastOrder = max(lastOrder, segment.order)
            heldOnDisk += segment.size
            waitingBytes += segment.end - segment.taken
            recorded += UInt64(segment.records)
        }
        (batches, lowestSequence, isBroken) = (recovered.batches, recovered.lowestSequence, recovered.isBroken)
        takenRecords = batches.reduce(0) { $0 + UInt64($1.records) }
        counts.recorded = Int(recorded)
    }

    /// Records that were there can not be read back.
    mutating func lose(_ records: Int) {
        counts.unreadable += records
        takenRecords += UInt64(records)
    }
}
