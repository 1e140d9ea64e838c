import Testing
import TracewireProtocol

@Suite("Checks of a record that need no database")
struct RecordValidationTests {
    private let workflow = Identifier(milliseconds: 1)
    private let node = Identifier(milliseconds: 2)

    private func fault(_ event: Event<String>, atMs: Int64 = 1) throws -> Code? {
        var writer = WireWriter()
        writer.appendBatchEntry(Record(atMs: atMs, event: event))
        return try fault(inBatch: writer.bytes)
    }

    private func fault(inBatch bytes: [UInt8]) throws -> Code? {
        let records = try IncomingBatch.records(in: bytes.span)
        guard case .failure(let fault) = try #require(records.first).content else { return nil }
        return fault.code
    }

    private func records(_ bytes: [UInt8]) throws(ProtocolViolation) -> [ReceivedRecord] {
        try IncomingBatch.records(in: bytes.span)
    }

    /// A `User` record whose username is `text`: field 1 of the batch, 2 of the record, 2 of the user.
    private func user(text: [UInt8]) -> [UInt8] {
        let user = [0x12, UInt8(text.count)] + text
        let record = [0x12, UInt8(user.count)] + user
        return [0x0a, UInt8(record.count)] + record
    }

    private func generation(_ change: (inout Generation<String>) -> Void) -> Event<String> {
        var generation = Generation<String>()
        generation.generation = node
        generation.workflow = workflow
        generation.modelName = "m"
        change(&generation)
        return .generation(generation)
    }

    @Test("what is required must be there, and not empty")
    func required() throws {
        #expect(try fault(.user(User(username: nil))) == .missingField)
        #expect(try fault(.user(User(username: ""))) == .missingField)
        #expect(try fault(.user(User(username: "a"))) == nil)
        #expect(try fault(.workflowStart(WorkflowStart())) == .missingField)
        var start = WorkflowStart<String>()
        start.workflow = workflow
        start.name = "n"
        start.inputType = ""
        #expect(try fault(.workflowStart(start)) == nil)
        start.username = ""
        #expect(try fault(.workflowStart(start)) == .missingField)
        var begun = NodeStart<String>()
        begun.node = node
        begun.workflow = workflow
        #expect(try fault(.nodeStart(begun)) == nil)
        begun.description.nodeName = ""
        #expect(try fault(.nodeStart(begun)) == .missingField)
        #expect(try fault(.nodeSkip(NodeSkip(node: node))) == .missingField)
        #expect(try fault(.nodeSkip(NodeSkip(node: node, workflow: workflow))) == nil)
        #expect(try fault(generation { $0.modelName = nil }) == .missingField)
    }

    @Test("integers are accepted at both ends of their range and refused beyond")
    func integers() throws {
        for value in [0, Limits.largestInteger] { #expect(try fault(generation { $0.maxTokens = value }) == nil) }
        for value in [-1, Limits.largestInteger + 1, .min, .max] {
            #expect(try fault(generation { $0.totalTokens = value }) == .valueOutOfRange)
        }
        #expect(try fault(generation { _ in }, atMs: Limits.latestTime) == nil)
        #expect(try fault(generation { _ in }, atMs: Limits.latestTime + 1) == .valueOutOfRange)
        #expect(try fault(generation { _ in }, atMs: -1) == .valueOutOfRange)
        var pending = NodePending<String>()
        pending.node = node
        pending.workflow = workflow
        pending.description = NodeDescription(
            nodeName: "n", nodeType: "t", executionOrder: Limits.largestExecutionOrder)
        #expect(try fault(.nodePending(pending)) == nil)
        pending.description.executionOrder = Limits.largestExecutionOrder + 1
        #expect(try fault(.nodePending(pending)) == .valueOutOfRange)
    }

    @Test("a temperature is finite", arguments: [Double.nan, .infinity, -.infinity])
    func temperature(value: Double) throws {
        #expect(try fault(generation { $0.temperature = value }) == .valueOutOfRange)
        #expect(try fault(generation { $0.temperature = -.greatestFiniteMagnitude }) == nil)
    }

    @Test("text is UTF-8: overlong, surrogate and cut sequences are refused; NUL, emoji and marks are text")
    func utf8() throws {
        for text: [UInt8] in [[0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf0, 0x9f], [0xff], [0xf4, 0x90, 0x80, 0x80]] {
            #expect(try fault(inBatch: user(text: text)) == .invalidUTF8)
        }
        for text in ["\u{0}", "👩‍👩‍👧", "\u{200f}شكرا", "서울"] { #expect(try fault(.user(User(username: text))) == nil) }
    }

    @Test("JSON is JSON")
    func json() throws {
        #expect(try fault(generation { $0.parsedOutput = "{\"a\":1}" }) == nil)
        #expect(try fault(generation { $0.parsedOutput = "{a:1}" }) == .invalidJSON)
        #expect(try fault(generation { $0.metadata = "" }) == .invalidJSON)
    }

    @Test("a status must exist")
    func status() throws {
        var end = WorkflowEnd<String>()
        end.workflow = workflow
        for number: UInt32 in [0, 7, .max] {
            end.status = number
            #expect(try fault(.workflowEnd(end)) == .unknownStatus)
        }
        end.status = Status.completed.rawValue
        #expect(try fault(.workflowEnd(end)) == nil)
    }

    @Test("names are bounded, prompts are not as tightly")
    func sizes() throws {
        let long = String(repeating: "n", count: Limits.nameBytes + 1)
        #expect(try fault(.user(User(username: long))) == .tooLarge)
        #expect(try fault(generation { $0.userPrompt = String(repeating: "n", count: 20 << 20) }) == nil)
        #expect(try fault(generation { $0.output = "" }) == nil)
    }

    @Test("an unknown event, a malformed one and a bad identifier spoil their own record only")
    func malformed() throws {
        let unknown: [UInt8] = [0x0a, 0x03, 0xa2, 0x06, 0x00]
        #expect(try fault(inBatch: unknown) == .unknownRecord)
        #expect(try fault(inBatch: [0x0a, 0x02, 0x08, 0xff]) == .malformedRecord)
        #expect(try fault(inBatch: [0x0a, 0x05, 0x32, 0x03, 0x0a, 0x01, 0x07]) == .invalidIdentity)
        let all = try records(unknown + user(text: [97]) + unknown)
        #expect(all.map { (try? $0.content.get()) != nil } == [false, true, false])
    }

    @Test(
        "what is malformed is told in words",
        arguments: [
            ([0x0a, 0x02, 0x08, 0xff], "a field goes past its end"),
            ([0x0a, 0x05, 0x0d, 0, 0, 0, 0], "a field has another wire type than its own"),
            ([0x0a, 0x02, 0x00, 0x00], "a field has the number 0"),
        ] as [([UInt8], String)])
    func words(bytes: [UInt8], sentence: String) throws {
        let record = try #require(try records(bytes).first)
        guard case .failure(let fault) = record.content else {
            Issue.record("it was read")
            return
        }
        #expect(fault.message.contains(sentence))
    }

    @Test("a list of records that cannot be read, or is too long, ends the connection")
    func brokenBatches() {
        #expect(throws: ProtocolViolation.self) { try records([0x0a, 0x7f, 1]) }
        let many = [UInt8]((0...Limits.batchRecords).flatMap { _ in [0x0a, 0x00] as [UInt8] })
        do {
            _ = try records(many)
            Issue.record("a batch of too many records was accepted")
        } catch {
            #expect(error.code == .batchTooLarge)
        }
    }
}
