internal import TracewireProtocol

/// What ``RecordQueue/append(_:)`` did.
struct Appended: Equatable, Sendable {
    enum Wake: Equatable, Sendable {
        /// Something waits that did not before: send it within the batch delay.
        case soon
        /// A whole batch waits.
        case now
    }

    let outcome: RecordingOutcome
    /// What the sender must be told; `nil` most of the time.
    var wake: Wake?
    /// Whether this is the first record or payload that was shed since the queue last had room.
    var isFirstShed = false
    /// Why the record waits without its payload, if that is for its size.
    var payloadFault: RecordFault?

    init(outcome: RecordingOutcome) {
        self.outcome = outcome
    }

    /// Of a record that was queued.
    init(_ placement: Placement) {
        outcome = .queued
        wake = placement.wake
        isFirstShed = placement.isFirstShed
    }
}

/// How large a batch may be.
struct BatchLimits: Equatable, Sendable {
    let bytes: Int
    let records: Int
    let recordBytes: Int

    /// - Parameter records: at least 1: with less no batch could ever be made.
    init(bytes: Int, records: Int, recordBytes: Int) {
        self.bytes = bytes
        self.records = max(1, records)
        self.recordBytes = recordBytes
    }
}

/// A batch that can be sent.
struct QueuedBatch: Equatable, Sendable {
    let sequence: UInt64
    let bytes: [UInt8]
    let records: Int
}

enum NextBatch: Equatable, Sendable {
    case batch(QueuedBatch)
    /// Too little waits for a full batch.
    case onlyPartial
    /// What is next is only on disk: it is being read back.
    case away
    /// Nothing waits: the next record wakes the sender again.
    case empty
    /// The batch was taken under larger limits than the collector has now: it must be cut again under new numbers.
    case mustRenumber
}

/// Which sequences a queue has given to batches.
struct HeldSequences: Equatable, Sendable {
    /// The lowest one not acknowledged, or the next to be given.
    var lowest: UInt64 = 1
    /// The highest one given; 0 for none.
    var highest: UInt64 = 0
}

struct QueueProgress: Equatable, Sendable {
    /// Records queued, ever. The records are numbered from 1 in the order in which they were.
    var recorded: UInt64 = 0
    /// All records up to this number are answered.
    var answered: UInt64 = 0
    var heldBytes = 0
    var isClosed = false
}

/// What became of the records so far.
struct DeliveryCounts: Equatable, Sendable {
    var recorded = 0
    var committed = 0
    var committedUnseen = 0
    var parked = 0
    var rejected = 0
    var refused = 0
    /// Of those that were recorded: their files could not be read back.
    var unreadable = 0
    /// Of those that were recorded: larger than the collector takes, and let go of.
    var oversized = 0
    var shed: [EventKind: Int] = [:]
    /// Of those that were recorded.
    var payloadsShed: [EventKind: Int] = [:]
    /// The first ``DeliveryReport/rejectionsKept``.
    var rejections: [Rejection] = []
}
