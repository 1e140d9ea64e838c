internal import TracewireProtocol

/// What was recorded and is not acknowledged yet.
///
/// The recording side appends from any thread; the sending side takes batches and acknowledges them. A batch that was
/// taken once keeps its sequence and its bytes until it is acknowledged, so that sending it again is the same batch.
protocol RecordQueue: Sendable {
    /// Appends without waiting. What could not be queued is counted.
    func append(_ record: Record<String>) -> Appended
    /// Appends a record that was counted as shed, and takes it out of that count. Counts nothing where there is no room.
    ///
    /// - Parameter hadPayload: whether it was recorded with more than is left of it now.
    func appendOwed(_ record: Record<String>, hadPayload: Bool) -> Appended
    /// A record that was counted as shed is not needed any more.
    func forgiveShed(_ kind: EventKind)
    /// Counts a record that is shed whatever room there is.
    func countShed(_ kind: EventKind) -> Appended
    /// Counts a record that a handle refused before it came here.
    func countRefused()
    /// From now on nothing is appended but, if it takes that, what is owed.
    func close(takesOwed: Bool)

    /// The batch of that sequence: one taken before, or the next one made of what waits.
    ///
    /// - Parameter allowsPartial: whether to make a batch of less than a full one.
    func batch(_ sequence: UInt64, _ limits: BatchLimits, allowsPartial: Bool) -> NextBatch
    /// Lets go of all batches up to a sequence, and counts them by their verdicts.
    ///
    /// - Parameter verdicts: `nil` where the collector committed them but its verdicts were lost.
    func acknowledge(through sequence: UInt64, verdicts: [Verdict]?)
    /// Takes the sequences back: a new producer numbers what is held from 1.
    func renumber()

    /// Whether nothing is held. If so, the next record wakes the sender.
    func rest() -> Bool

    var sequences: HeldSequences { get }
    var progress: QueueProgress { get }
    var counts: DeliveryCounts { get }
    /// Whether a record of so many bytes would be queued now, or could never be.
    func hasRoom(bytes: Int) -> Bool
}

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
    /// Of those that were recorded: larger than the collector takes, and let go of.
    var oversized = 0
    var shed: [EventKind: Int] = [:]
    /// Of those that were recorded.
    var payloadsShed: [EventKind: Int] = [:]
    /// The first ``DeliveryReport/rejectionsKept``.
    var rejections: [Rejection] = []
}
