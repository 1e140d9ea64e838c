import Testing
import Tracewire
import TracewireProtocol

/// What the scoped and the plain calls record, as a collector receives it.
@Suite(.timeLimit(.minutes(5))) struct RecordingTests {
    private struct Failure: Error, CustomStringConvertible {
        var description: String { "the model did not answer" }
    }

    /// The events that `work` records, read from the one batch that they make.
    private func recorded(_ work: (TracewireClient) async throws -> Void) async throws -> IncomingBatch {
        let collector = try await FakeCollector.start()
        let client = TracewireClient(.test(port: collector.port))
        try await work(client)
        let connection = try await collector.connection()
        try await connection.welcome()
        let batch = try await connection.batch()
        try await connection.acknowledge(1)
        #expect(await client.shutdown(timeout: .seconds(30)).unknown == 0)
        for record in batch.records { _ = try record.content.get() }
        return batch
    }

    @Test func `a workflow that returns is completed, with its user, nodes and generations`() async throws {
        let batch = try await recorded { client in
            await client.withWorkflow(
                "date-planner", user: "mina", userInput: "성수에서 데이트", inputType: "text",
                timeSettings: ["start": "14:00"], searchRadius: 1500
            ) { workflow in
                workflow.setFinalItinerary(["stops": 3])
                await workflow.withNode("extract_intent", type: "llm", input: ["query": "성수"]) { node in
                    await node.withGeneration(
                        model: "gpt-4o", provider: "openai", userPrompt: "Where?", temperature: 0.2
                    ) { generation in
                        generation.setOutput("성수")
                        generation.setParsedOutput(["area": "성수"])
                        generation.setUsage(promptTokens: 10, completionTokens: 3)
                    }
                    node.setOutput(["area": "성수"])
                    node.setState(["intent": ["area": "성수"]])
                }
                await workflow.withNode("search", type: "tool") { _ in }
            }
        }
        #expect(
            batch.events.map(\.kind) == [
                .user, .workflowStart, .nodeStart, .generation, .nodeEnd, .nodeStart, .nodeEnd, .workflowEnd,
            ])
        #expect(batch.usernames == ["mina"])
        guard case .workflowStart(let start) = batch.events[1], case .nodeStart(let nodeStart) = batch.events[2],
            case .generation(let generation) = batch.events[3], case .nodeEnd(let nodeEnd) = batch.events[4],
            case .nodeStart(let second) = batch.events[5], case .workflowEnd(let end) = batch.events[7]
        else { return }
        #expect(batch.text(start.username) == "mina")
        #expect(batch.text(start.userInput) == "성수에서 데이트")
        #expect(batch.text(start.timeSettings) == #"{"start":"14:00"}"#)
        #expect(start.searchRadius == 1500)
        #expect(nodeStart.workflow == start.workflow)
        #expect(batch.text(nodeStart.inputData) == #"{"query":"성수"}"#)
        #expect(nodeStart.description.executionOrder == 1)
        #expect(second.description.executionOrder == 2)
        #expect(generation.node == nodeStart.node)
        #expect(generation.totalTokens == 13)
        #expect(generation.temperature == 0.2)
        #expect(generation.latencyMs != nil)
        #expect(batch.text(generation.parsedOutput) == #"{"area":"성수"}"#)
        #expect(nodeEnd.node == nodeStart.node)
        #expect(nodeEnd.status == Status.completed.rawValue)
        #expect(nodeEnd.durationMs != nil)
        #expect(batch.text(nodeEnd.stateData) == #"{"intent":{"area":"성수"}}"#)
        #expect(end.status == Status.completed.rawValue)
        #expect(batch.text(end.finalItinerary) == #"{"stops":3}"#)
    }

    @Test func `what throws fails, with the error in the node and in the generation`() async throws {
        let batch = try await recorded { client in
            await #expect(throws: Failure.self) {
                try await client.withWorkflow("w") { workflow in
                    try await workflow.withNode("n", type: "llm") { node in
                        try await node.withGeneration(model: "m") { _ in throw Failure() }
                    }
                }
            }
        }
        #expect(batch.events.map(\.kind) == [.workflowStart, .nodeStart, .generation, .nodeEnd, .workflowEnd])
        guard case .generation(let generation) = batch.events[2], case .nodeEnd(let node) = batch.events[3],
            case .workflowEnd(let end) = batch.events[4]
        else { return }
        #expect(batch.text(generation.errorMessage) == "the model did not answer")
        #expect(node.status == Status.failed.rawValue)
        #expect(batch.text(node.errorMessage) == "the model did not answer")
        let traceback = batch.text(node.errorTraceback) ?? ""
        #expect(traceback.contains("Failure: the model did not answer"))
        #expect(traceback.contains("RecordingTests.swift:"))
        #expect(end.status == Status.failed.rawValue)
    }

    @Test func `a cancelled workflow is cancelled`() async throws {
        let batch = try await recorded { client in
            await #expect(throws: CancellationError.self) {
                try await client.withWorkflow("w") { _ in throw CancellationError() }
            }
        }
        guard case .workflowEnd(let end) = batch.events[1] else { return }
        #expect(end.status == Status.cancelled.rawValue)
    }

    @Test func `a scope that was ended inside is not ended again`() async throws {
        let batch = try await recorded { client in
            await client.withWorkflow("w") { workflow in
                await workflow.withNode("n", type: "t") { $0.end(.failed, errorMessage: "no result") }
                workflow.end(.cancelled)
            }
            #expect(client.statistics.refused == 0)
        }
        #expect(batch.events.map(\.kind) == [.workflowStart, .nodeStart, .nodeEnd, .workflowEnd])
    }

    @Test func `code deep inside finds its workflow and node by itself`() async throws {
        func deep() async {
            await withNode("inner", type: "tool") { _ in
                await withGeneration(model: "m") { $0.setOutput("found") }
            }
        }
        let batch = try await recorded { client in
            await client.withWorkflow("w") { workflow in
                await withGeneration(model: "outside of a node") { _ in }
                await deep()
            }
        }
        #expect(
            batch.events.map(\.kind) == [
                .workflowStart, .generation, .nodeStart, .generation, .nodeEnd, .workflowEnd,
            ])
        guard case .generation(let outside) = batch.events[1], case .generation(let inside) = batch.events[3],
            case .nodeStart(let node) = batch.events[2]
        else { return }
        #expect(outside.node == .zero)
        #expect(inside.node == node.node)
        #expect(batch.text(inside.output) == "found")
        // Outside of any workflow the same code runs, and nobody hears of it.
        await deep()
    }

    @Test func `a node of an outer workflow does not get an inner workflow's generations`() async throws {
        let batch = try await recorded { client in
            await client.withWorkflow("outer") { outer in
                await outer.withNode("n", type: "t") { _ in
                    await client.withWorkflow("inner") { _ in
                        await withGeneration(model: "m") { _ in }
                    }
                }
            }
        }
        for case .generation(let generation) in batch.events { #expect(generation.node == .zero) }
        #expect(batch.events.count == 7)
    }

    @Test func `a user is recorded once, however many workflows run on their behalf`() async throws {
        let batch = try await recorded { client in
            client.recordUser(username: "jun", email: "jun@example.com")
            for user in ["mina", "mina", "jun"] { client.startWorkflow("w", user: user).end() }
        }
        #expect(batch.usernames == ["jun", "mina"])
    }

    @Test func `a pending node is described once, and may be skipped`() async throws {
        let batch = try await recorded { client in
            let workflow = client.startWorkflow("w")
            let first = workflow.pendingNode("a", type: "tool")
            let second = workflow.pendingNode("b", type: "tool")
            #expect(first.start(input: 1) == .queued)
            #expect(second.skip() == .queued)
            #expect(first.end() == .queued)
        }
        #expect(
            batch.events.map(\.kind) == [.workflowStart, .nodePending, .nodePending, .nodeStart, .nodeSkip, .nodeEnd])
        guard case .nodePending(let second) = batch.events[2], case .nodeStart(let start) = batch.events[3] else {
            return
        }
        #expect(second.description.executionOrder == 2)
        #expect(start.description == NodeDescription())
    }

    @Test func `illegal transitions are refused before they are sent`() async throws {
        let batch = try await recorded { client in
            let workflow = client.startWorkflow("w")
            let node = workflow.pendingNode("a", type: "tool")
            #expect(node.end().isRefused(.illegalTransition))
            #expect(node.skip() == .queued)
            #expect(node.start().isRefused(.illegalTransition))
            #expect(workflow.end(.skipped).isRefused(.illegalTransition))
            #expect(workflow.end(.completed) == .queued)
            #expect(workflow.end(.failed).isRefused(.illegalTransition))
            #expect(client.statistics.refused == 4)
        }
        #expect(batch.events.map(\.kind) == [.workflowStart, .nodePending, .nodeSkip, .workflowEnd])
    }

    @Test func `nodes of one workflow may run at once, each with its own place`() async throws {
        let batch = try await recorded { client in
            await client.withWorkflow("w") { workflow in
                await withTaskGroup(of: Void.self) { group in
                    for number in 0..<20 {
                        group.addTask {
                            await workflow.withNode("n\(number)", type: "tool") { _ in }
                        }
                    }
                }
            }
        }
        var orders: Set<Int64> = []
        for case .nodeStart(let start) in batch.events { orders.insert(start.description.executionOrder ?? 0) }
        #expect(orders == Set(1...20))
        #expect(batch.events.last?.kind == .workflowEnd)
    }
}

extension RecordingOutcome {
    fileprivate func isRefused(_ code: Code) -> Bool {
        if case .refused(let fault) = self { fault.code == code } else { false }
    }
}
