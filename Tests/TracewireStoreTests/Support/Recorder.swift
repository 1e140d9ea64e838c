import Testing
import TracewireProtocol

@testable import TracewireStore

/// A client's side of a writer: makes batches with consecutive sequences, and commits them.
final class Recorder {
    let database: TemporaryDatabase
    private(set) var writer: StoreWriter
    let producer = Identifier(milliseconds: 1)
    private(set) var sequence: UInt64 = 0
    private var epoch: UInt64 = 1
    let limits: StoreLimits

    init(limits: StoreLimits = StoreLimits()) throws {
        self.limits = limits
        database = try TemporaryDatabase()
        writer = try StoreWriter(path: database.path, limits: limits)
        try open()
    }

    /// Closes the database and opens it again, as a collector that starts anew: nothing is cached.
    func reopen() throws {
        writer.close()
        writer = try StoreWriter(path: database.path, limits: limits)
        epoch += 1
        try open()
    }

    /// As ``reopen()``, without the producer's opening.
    func reopenWriterOnly() throws {
        writer.close()
        writer = try StoreWriter(path: database.path, limits: limits)
    }

    private func open() throws {
        let answer = try writer.openProducer(
            ProducerOpening(
                id: producer, epoch: epoch, nextSequence: sequence + 1, clientName: "test", nowMs: Recorder.now))
        #expect(answer == .success(sequence))
    }

    static let now: Int64 = 1_760_000_000_000

    func batch(_ records: [Record<String>]) throws -> IncomingBatch {
        sequence += 1
        return try Self.batch(records, producer: producer, epoch: epoch, sequence: sequence)
    }

    /// The last batch was not committed: the next one has its sequence.
    func takeBack() {
        sequence -= 1
    }

    static func batch(
        _ records: [Record<String>], producer: Identifier, epoch: UInt64 = 1, sequence: UInt64
    ) throws -> IncomingBatch {
        var writer = WireWriter()
        for record in records { writer.appendBatchEntry(record) }
        return try IncomingBatch(producer: producer, epoch: epoch, sequence: sequence, bytes: writer.bytes)
    }

    /// Commits one batch of `records`, and gives its verdicts.
    @discardableResult
    func send(_ records: Record<String>...) throws -> [Verdict] {
        try send(all: records)
    }

    @discardableResult
    func send(all records: [Record<String>], nowMs: Int64 = Recorder.now) throws -> [Verdict] {
        let outcomes = try writer.commit([try batch(records)], nowMs: nowMs)
        try #require(outcomes.count == 1)
        guard case .committed(let verdicts) = outcomes[0] else {
            Issue.record("the batch was not committed: \(outcomes)")
            return []
        }
        return verdicts
    }

    /// What plain SQLite reads.
    func rows(_ sql: String) throws -> [[Value]] {
        try PlainConnection(database.path, writes: false).rows(sql)
    }

    func value(_ sql: String) throws -> Value {
        try PlainConnection(database.path, writes: false).value(sql)
    }

    /// The codes of the verdicts on `records`, sent one batch each.
    func codes(_ records: Record<String>...) throws -> [Code] {
        try records.map { try send($0).first?.code ?? .ok }
    }
}

extension StoreWriter {
    /// A group of batches alone.
    func commit(_ batches: [IncomingBatch], nowMs: Int64) throws(StoreError) -> [BatchOutcome] {
        try commit(batches, openings: [], nowMs: nowMs).batches
    }

    /// One producer alone.
    func openProducer(_ opening: ProducerOpening) throws -> Result<UInt64, ProtocolViolation> {
        try #require(try commit([], openings: [opening], nowMs: opening.nowMs).openings.first)
    }
}

extension Recorder {
    /// One run whose every payload column has a value too large for its row.
    func sendEverything(_ workflow: Identifier, _ node: Identifier) throws {
        let json = { (seed: UInt64) in "\"" + noise(2_000, seed: seed) + "\"" }
        try send(
            workflowStart(workflow) {
                $0.userInput = noise(2_000, seed: 1)
                $0.timeSettings = json(2)
                $0.dateTheme = json(3)
                $0.userIntent = json(4)
                $0.tags = json(5)
                $0.metadata = json(6)
            },
            nodePending(node, in: workflow) {
                $0.description.tags = json(7)
                $0.description.metadata = json(8)
            })
        try send(
            nodeStart(node, in: workflow) { $0.inputData = json(9) },
            nodeEnd(node, in: workflow, .failed) {
                $0.stateData = json(10)
                $0.outputData = json(11)
                $0.errorMessage = noise(2_000, seed: 12)
                $0.errorTraceback = noise(2_000, seed: 13)
            },
            generation(identifier(99), in: workflow, node: node) {
                $0.errorMessage = noise(2_000, seed: 14)
                $0.metadata = json(15)
                $0.systemPrompt = noise(2_000, seed: 16)
                $0.userPrompt = noise(2_000, seed: 17)
                $0.output = noise(2_000, seed: 18)
                $0.parsedOutput = json(19)
                $0.totalTokens = 5
            },
            workflowEnd(workflow, .failed) {
                $0.userIntent = json(20)
                $0.finalItinerary = json(21)
            })
    }
}
