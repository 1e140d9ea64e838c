import Testing
import TracewireProtocol

@testable import TracewireStore

struct GenerationRuleTests {
    private let workflow = identifier(1)
    private let node = identifier(2)

    private func full(_ change: (inout Generation<String>) -> Void = { _ in }) -> Record<String> {
        generation(identifier(3), in: workflow, node: node) {
            $0.modelProvider = "openai"
            $0.systemPrompt = "당신은"
            $0.userPrompt = "a\0b"
            $0.output = ""
            $0.parsedOutput = "1"
            $0.temperature = 0.1
            $0.maxTokens = 0
            $0.promptTokens = Limits.largestInteger
            $0.latencyMs = 12
            change(&$0)
        }
    }

    @Test(arguments: [false, true])
    func `a generation that comes again is accepted, and another one of its identifier is refused`(
        inOneBatch: Bool
    ) throws {
        let changes: [(inout Generation<String>) -> Void] = [
            { $0.node = .zero }, { $0.modelName = "x" }, { $0.systemPrompt = nil }, { $0.userPrompt = "a\0c" },
            { $0.output = nil }, { $0.parsedOutput = "1.0" }, { $0.temperature = 0.2 }, { $0.maxTokens = nil },
            { $0.promptTokens = Limits.largestInteger - 1 }, { $0.completionTokens = 0 }, { $0.totalTokens = 0 },
            { $0.latencyMs = 13 }, { $0.errorMessage = "" }, { $0.metadata = "{}" },
        ]
        let recorder = try Recorder()
        let records = [full(), full()] + changes.map { full($0) }
        let expected = [Code.ok, .ok] + changes.map { _ in Code.conflictingDuplicate }
        try recorder.send(workflowStart(workflow), describedStart(node, in: workflow))
        if inOneBatch {
            let verdicts = try recorder.send(all: records)
            #expect(verdicts.map(\.index) == (2..<UInt32(records.count)).map { $0 })
            #expect(verdicts.map(\.code) == Array(expected.dropFirst(2)))
        } else {
            #expect(try records.flatMap { try recorder.codes($0) } == expected)
        }
        #expect(
            try recorder.rows("SELECT user_prompt, output, parsed_output, prompt_tokens FROM generations")
                == [[.text("a\0b"), .text(""), .text("1"), .integer(9_007_199_254_740_991)]])
        #expect(try recorder.value("SELECT count(*) FROM rejected_records") == .integer(Int64(changes.count)))
    }

    @Test(arguments: [300_000, 2_000_000])
    func `what is sent again is not stored again, however large`(bytes: Int) throws {
        let recorder = try Recorder()
        let (workflow, call) = (identifier(1), identifier(2))
        try recorder.send(workflowStart(workflow))
        for _ in 0..<5 {
            #expect(try recorder.codes(generation(call, in: workflow) { $0.output = noise(bytes) }) == [.ok])
        }
        let other = generation(call, in: workflow) { $0.output = noise(bytes, seed: 2) }
        #expect(try recorder.codes(other) == [.conflictingDuplicate])
        #expect(try recorder.value("SELECT sum(raw_bytes) < \(bytes + 1_000) FROM segments") == .integer(1))
    }

    @Test func `of two workflows that claim one generation in one commit, the first to send it has it`() throws {
        let recorder = try Recorder()
        let (early, late) = (identifier(1), identifier(2))
        let verdicts = try recorder.send(all: [
            workflowStart(early), workflowStart(late), generation(identifier(3), in: early),
            generation(identifier(4), in: late), generation(identifier(4), in: early),
        ])
        #expect(verdicts.map(\.index) == [4])
        #expect(verdicts.map(\.code) == [.conflictingDuplicate])
    }

    @Test func `a generation outside of any node belongs to its workflow`() throws {
        let recorder = try Recorder()
        #expect(try recorder.send(workflowStart(workflow), generation(identifier(3), in: workflow)).isEmpty)
        #expect(try recorder.rows("SELECT workflow_id, node_id FROM generations") == [[.integer(1), .null]])
    }
}
