import TracewireProtocol

@testable import TracewireCollector
@testable import TracewireProtocol
@testable import TracewireStore

/// A transaction of the collector: what must hold once it is committed. A failure or a crash leaves open whether it was.
struct Attempt {
    private struct Opened {
        let lineage: Lineage
        let producer: Identifier
        let start: Int
    }

    private struct Committed {
        let lineage: Lineage
        let producer: Identifier
        let records: [[UInt8]]
        let due: Connection.Due
        let connection: Int
    }

    private(set) var rules: Rules
    private var opened: [Opened] = []
    private var committed: [Committed] = []

    /// - Parameter work: in the order in which it came. Batches stand before openings.
    init(_ rules: Rules, _ work: [WriterWork], _ world: World) {
        self.rules = rules
        for case .commit(let pending) in work { add(pending, world) }
        for case .open(let pending) in work { add(pending.opening, world) }
    }

    private mutating func add(_ pending: PendingBatch, _ world: World) {
        let batch = pending.batch
        let admission = rules.admission(batch.producer, epoch: batch.epoch, sequence: batch.sequence)
        guard admission == .next, let lineage = world.producers[batch.producer] else { return }
        let records = batch.records.map { record -> (bytes: [UInt8], content: Record<String>?, fault: Code) in
            let bytes = Array(batch.bytes[record.encoded.range])
            switch record.content {
            case .success(let content): return (bytes, content.copied(from: batch.bytes), .ok)
            case .failure(let fault): return (bytes, nil, fault.code)
            }
        }
        let verdicts = rules.apply(batch.producer, batch.sequence, records)
        committed.append(
            Committed(
                lineage: lineage, producer: batch.producer, records: records.map(\.bytes),
                due: Connection.Due(sequence: batch.sequence, verdicts: verdicts),
                connection: pending.connection.number))
    }

    private mutating func add(_ opening: ProducerOpening, _ world: World) {
        guard let lineage = world.lineages[opening.clientName] else {
            return world.violate("whoever opens a session is known", opening.clientName)
        }
        world.producers[opening.id] = lineage
        let isNew = rules.open(opening.id, epoch: opening.epoch, nextSequence: opening.nextSequence)
        guard isNew else { return }
        opened.append(Opened(lineage: lineage, producer: opening.id, start: lineage.answered))
    }

    /// It was committed: clients may be told of it.
    ///
    /// - Parameter connections: of the collector that has committed it, by their numbers there.
    func settle(_ world: World, _ connections: [Int: Connection]) {
        world.rules = rules
        for commit in committed {
            if let wrong = commit.lineage.commit(commit.producer, commit.records) {
                world.violate("what is committed is what was recorded, once and in order", wrong)
            }
            connections[commit.connection]?.due.append(commit.due)
            world.trace.note("committed", Int(commit.due.sequence), commit.records.count)
        }
        for opening in opened { opening.lineage.opened(opening.producer, at: opening.start) }
    }
}
