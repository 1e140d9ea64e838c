internal import TracewireProtocol

/// What is under way to make room.
struct Stripping: Sendable {
    /// Whether a segment is looked for or written anew.
    var isUnderWay = false
    /// The place of the segment that is written anew: nothing is made of it meanwhile.
    var order: UInt64?
    /// The place of the segment of which a batch is being made, outside of the lock: it is not written anew meanwhile.
    var spared: UInt64?
    /// Whom to tell when it is there again.
    var whenDone: [@Sendable () -> Void] = []
    /// Whether the queue is to be finished then.
    var isLast = false
    /// Whether payloads were shed since the queue was last empty, and whether somebody was told.
    private var hasShed = false
    private var isSaid = false

    mutating func noteShed() {
        hasShed = true
    }

    /// Whether there is something to tell: once.
    mutating func takeNews() -> Bool {
        guard hasShed, !isSaid else { return false }
        isSaid = true
        return true
    }

    mutating func forgetNews() {
        (hasShed, isSaid) = (false, false)
    }
}

/// A segment from which payloads are taken.
struct StrippedSegment: Sendable {
    let segment: Segment
    /// What it was written to, and is to replace the segment's file; `nil` where it has none.
    let unfinished: SegmentFile?
    /// The records that had payloads.
    let shed: [ShedRecord]
}

// How payloads make room for what comes after them: oldest first.
extension QueueState {
    mutating func wantsStripping() -> Bool {
        guard !stripping.isUnderWay, isCrowded else { return false }
        stripping.isUnderWay = true
        return true
    }

    /// The oldest complete segment that has payloads, and of which nothing was ever sent: what was must not change.
    mutating func beginStripping() -> Segment? {
        guard isCrowded, !isLoading, !stripping.isLast,
            let segment = segments.dropLast().first(where: { $0.isStrippable && $0.order != stripping.spared })
        else {
            stripping.isUnderWay = false
            return nil
        }
        stripping.order = segment.order
        return segment
    }

    /// Puts a stripped segment in the place of the one that it was made of; `nil` if that cannot be stripped.
    ///
    /// - Returns: whom to tell.
    mutating func finishStripping(_ stripped: StrippedSegment?) -> [@Sendable () -> Void] {
        if let place = segments.firstIndex(where: { $0.order == stripping.order }) {
            if let stripped { replace(place, stripped) } else { segments[place].keepPayloads() }
        }
        (stripping.order, stripping.isUnderWay) = (nil, false)
        defer { stripping.whenDone = [] }
        return stripping.whenDone
    }

    /// Returns `false` if it is over already.
    mutating func waitForStripping(_ whenDone: @escaping @Sendable () -> Void) -> Bool {
        guard stripping.order != nil else { return false }
        stripping.whenDone.append(whenDone)
        return true
    }

    private mutating func replace(_ place: Int, _ stripped: StrippedSegment) {
        let before = segments[place]
        release(before.size + before.unused - stripped.segment.size, onDisk: before.file != nil)
        waitingBytes = max(0, waitingBytes - (before.end - stripped.segment.end))
        segments[place] = stripped.segment
        stripping.noteShed()
    }

    /// Counts payloads that are about to go, or takes them back.
    mutating func countStripped(_ shed: [ShedRecord], by one: Int = 1) {
        for record in shed {
            counts.payloadsShed[record.kind, default: 0] += one
            tally.add(record.workflow, payloads: Int64(one))
        }
    }
}
