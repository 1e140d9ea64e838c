public import TracewireProtocol

/// A producer, and how far it has come.
final class Producer {
    let id: Identifier
    var epoch: UInt64
    var lastSequence: UInt64
    /// Whether `lastSequence` has moved in this transaction.
    var isChanged = false

    init(id: Identifier, epoch: UInt64, lastSequence: UInt64) {
        self.id = id
        self.epoch = epoch
        self.lastSequence = lastSequence
    }
}

/// Who asks to send batches, from its `HELLO`.
public struct ProducerOpening: Sendable {
    /// Made by the client, for as long as it has something to send.
    public var id: Identifier
    /// Higher with every connection of this producer.
    public var epoch: UInt64
    /// The lowest sequence that the producer may still send: 1 for a new one.
    public var nextSequence: UInt64
    /// What the client calls itself, for people.
    public var clientName: String
    /// The collector's clock, in milliseconds since 1970.
    public var nowMs: Int64

    /// What a `HELLO` says, and when it came.
    public init(id: Identifier, epoch: UInt64, nextSequence: UInt64, clientName: String, nowMs: Int64) {
        self.id = id
        self.epoch = epoch
        self.nextSequence = nextSequence
        self.clientName = clientName
        self.nowMs = nowMs
    }
}

/// The statements on `producers`, and the producers met last.
///
/// How far a producer has come is written in the transaction that applies its batches: so a batch that is sent again
/// after any failure is known.
final class Producers {
    private let connection: Connection
    private let selection: Statement
    private let opening: Statement
    private let progress: Statement
    private let expiry: Statement
    private var live: LiveCache<Producer>
    private var changed: [Producer] = []

    init(_ connection: Connection, capacity: Int) throws(StoreError) {
        self.connection = connection
        // Those of a chunk of batches must not be forgotten before they are written.
        live = LiveCache(capacity: max(capacity, 4 * StoreWriter.pinnedBatches))
        selection = try Statement(connection, "SELECT epoch, last_sequence FROM producers WHERE id = ?")
        opening = try Statement(
            connection,
            """
            INSERT INTO producers (id, epoch, last_sequence, client_name, first_seen, last_seen)
            VALUES (?1, ?2, 0, ?3, ?4, ?4)
            ON CONFLICT (id) DO UPDATE SET epoch = ?2, client_name = ?3, last_seen = ?4
            """)
        progress = try Statement(connection, "UPDATE producers SET last_sequence = ?2, last_seen = ?3 WHERE id = ?1")
        expiry = try Statement(connection, "DELETE FROM producers WHERE last_seen < ?")
    }

    func find(_ id: Identifier) throws(StoreError) -> Producer? {
        if let producer = live.entry(id) { return producer }
        defer { selection.reset() }
        selection.bind(1, id)
        guard try selection.step() else { return nil }
        let producer = Producer(
            id: id, epoch: UInt64(bitPattern: selection.integer(0)),
            lastSequence: UInt64(bitPattern: selection.integer(1)))
        live.insert(producer, id)
        return producer
    }

    /// - Returns: the last committed sequence, or why the producer may not send.
    func open(_ request: ProducerOpening) throws(StoreError) -> Result<UInt64, ProtocolViolation> {
        let known = try find(request.id)
        if let violation = Self.violation(request, known) { return .failure(violation) }
        opening.bind(1, request.id)
        opening.bind(2, Int64(bitPattern: request.epoch))
        opening.bind(3, copying: request.clientName)
        opening.bind(4, request.nowMs)
        try opening.run()
        guard let known else {
            live.insert(Producer(id: request.id, epoch: request.epoch, lastSequence: 0), request.id)
            return .success(0)
        }
        known.epoch = request.epoch
        return .success(known.lastSequence)
    }

    private static func violation(_ request: ProducerOpening, _ known: Producer?) -> ProtocolViolation? {
        guard let known else {
            return request.nextSequence == 1 ? nil : expired(request.id)
        }
        guard request.epoch > known.epoch else { return stale(request.id, request.epoch, known.epoch) }
        guard known.lastSequence >= request.nextSequence || request.nextSequence - known.lastSequence == 1 else {
            return ProtocolViolation(
                .sequenceGap,
                "producer \(request.id) continues at \(request.nextSequence), but only \(known.lastSequence) is committed"
            )
        }
        return nil
    }

    /// Whether a batch is the producer's next one, or why not. `false` if it was applied before.
    func isNext(
        producer: Identifier, epoch: UInt64, sequence: UInt64
    ) throws(StoreError) -> Result<Bool, ProtocolViolation> {
        guard let known = try find(producer), epoch <= known.epoch else { return .failure(Self.expired(producer)) }
        guard epoch == known.epoch else { return .failure(Self.stale(producer, epoch, known.epoch)) }
        guard sequence > known.lastSequence else { return .success(false) }
        guard sequence - known.lastSequence == 1 else {
            return .failure(
                ProtocolViolation(
                    .sequenceGap, "batch \(sequence) of producer \(producer) came after \(known.lastSequence)"))
        }
        return .success(true)
    }

    func advance(_ id: Identifier, to sequence: UInt64) throws(StoreError) {
        guard let producer = try find(id) else { return }
        producer.lastSequence = sequence
        if producer.isChanged { return }
        producer.isChanged = true
        changed.append(producer)
    }

    /// Writes how far the producers have come.
    func flush(nowMs: Int64) throws(StoreError) {
        for producer in changed {
            progress.bind(1, producer.id)
            progress.bind(2, Int64(bitPattern: producer.lastSequence))
            progress.bind(3, nowMs)
            try progress.run()
            producer.isChanged = false
        }
        changed.removeAll(keepingCapacity: true)
    }

    /// Forgets everything that is not in the database for certain.
    func forget() {
        live.removeAll()
        changed.removeAll()
    }

    func expire(lastSeenBefore time: Int64) throws(StoreError) -> Int {
        expiry.bind(1, time)
        try expiry.run()
        return connection.changes
    }

    private static func expired(_ id: Identifier) -> ProtocolViolation {
        ProtocolViolation(.producerExpired, "producer \(id) is not known here any more; begin again with a new one")
    }

    private static func stale(_ id: Identifier, _ epoch: UInt64, _ known: UInt64) -> ProtocolViolation {
        ProtocolViolation(.staleEpoch, "producer \(id) has a newer connection: epoch \(epoch) is not above \(known)")
    }
}
