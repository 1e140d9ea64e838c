import Foundation
import Synchronization
import Testing
import TracewireProtocol

@testable import Tracewire

/// What is done to values before they are recorded.
@Suite(.timeLimit(.minutes(5))) struct ValueTests {
    private struct Place: Encodable {
        let area: String
        let stops: [Int]
    }

    /// Does not encode itself.
    private struct Broken: Encodable {
        struct Failure: Error {}
        func encode(to encoder: any Encoder) throws { throw Failure() }
    }

    /// The events that a client records while `body` runs, and their batch.
    private static func events(
        _ change: (inout TracewireConfiguration) -> Void = { _ in }, _ body: (TracewireClient) async -> Void
    ) async throws -> [(event: Event<Slice>, batch: IncomingBatch)] {
        let collector = try await FakeCollector.start()
        var configuration = TracewireConfiguration.test(port: collector.port)
        change(&configuration)
        let client = TracewireClient(configuration)
        await body(client)
        let connection = try await collector.connection()
        try await connection.welcome()
        var events: [(Event<Slice>, IncomingBatch)] = []
        while events.count < client.statistics.recorded {
            let batch = try await connection.batch()
            events += batch.events.map { ($0, batch) }
            try await connection.acknowledge(batch.sequence)
        }
        _ = await client.shutdown(timeout: .zero)
        return events
    }

    private static func end(_ events: [(event: Event<Slice>, batch: IncomingBatch)]) throws -> NodeEnd<String> {
        for (event, batch) in events {
            if case .nodeEnd(let end) = event {
                var copy = NodeEnd<String>()
                copy.stateData = batch.text(end.stateData)
                copy.outputData = batch.text(end.outputData)
                copy.errorMessage = batch.text(end.errorMessage)
                return copy
            }
        }
        throw FakeCollectorError.closed
    }

    @Test func `values of one's own types are encoded, and literals keep their order`() async throws {
        let events = try await Self.events { client in
            await client.withWorkflow("w") { workflow in
                await workflow.withNode("n", type: "t", input: Place(area: "성수", stops: [1])) { node in
                    node.setState(Place(area: "홍대", stops: []))
                    node.setOutput(["b": 1, "a": 2])
                }
            }
        }
        let end = try Self.end(events)
        #expect(end.stateData == #"{"area":"홍대","stops":[]}"#)
        #expect(end.outputData == #"{"b":1,"a":2}"#)
        guard case .nodeStart(let start) = events[1].event else { throw FakeCollectorError.closed }
        #expect(events[1].batch.text(start.inputData) == #"{"area":"성수","stops":[1]}"#)
    }

    @Test func `what cannot be encoded leaves a mark, and nothing is thrown`() async throws {
        let events = try await Self.events { client in
            await client.withWorkflow("w") { workflow in
                await workflow.withNode("n", type: "t") { $0.setState(Broken()) }
            }
        }
        #expect(try Self.end(events).stateData == #""[tracewire: Broken cannot be encoded: Failure]""#)
    }

    @Test func `the masking hook sees every value, and what it hides is nowhere`() async throws {
        let seen = Mutex<Set<PayloadField>>([])
        let events = try await Self.events {
            $0.mask = { field, value in
                seen.withLock { _ = $0.insert(field) }
                return value.replacing("secret", with: "***")
            }
        } _: { client in
            let workflow = client.startWorkflow(
                "w", userInput: "secret", timeSettings: "secret", dateTheme: "secret", userIntent: "secret",
                tags: ["secret"], metadata: "secret")
            let pending = workflow.pendingNode("p", type: "t", tags: ["secret"], metadata: "secret")
            pending.start(input: "secret")
            pending.end(.failed, state: "secret", output: "secret", errorMessage: "secret", errorTraceback: "secret")
            var call = Generation<String>()
            call.modelName = "m"
            (call.systemPrompt, call.userPrompt, call.output) = ("secret", "secret", "secret")
            (call.parsedOutput, call.errorMessage, call.metadata) = (#""secret""#, "secret", #""secret""#)
            workflow.recordGeneration(call)
            workflow.end(userIntent: "secret", finalItinerary: "secret")
        }
        #expect(seen.withLock { $0 } == Set(PayloadField.allCases))
        for (_, batch) in events {
            #expect(!String(decoding: batch.bytes, as: UTF8.self).contains("secret"))
            #expect(String(decoding: batch.bytes, as: UTF8.self).contains("***"))
        }
    }

    @Test func `a mask that breaks JSON leaves a mark, and one that returns nothing leaves nothing`() async throws {
        let events = try await Self.events {
            $0.mask = { field, _ in field == .stateData ? "{secret" : nil }
        } _: { client in
            await client.withWorkflow("w") { workflow in
                await workflow.withNode("n", type: "t") { node in
                    node.setState(["a": 1])
                    node.setOutput("out")
                }
            }
        }
        let end = try Self.end(events)
        #expect(end.stateData == #""[tracewire: the masked value is no JSON]""#)
        #expect(end.outputData == nil)
    }

    @Test func `values beyond the limit are cut or left out, and say so`() async throws {
        let events = try await Self.events {
            $0.valueLimit = 1024
        } _: { client in
            let workflow = client.startWorkflow("w")
            workflow.startNode("n", type: "t").end(
                .failed, state: .string(String(repeating: "x", count: 2000)), output: .string("small"),
                errorMessage: String(repeating: "한", count: 1000))
        }
        let end = try Self.end(events)
        #expect(end.stateData == #""[tracewire: left out, 2002 bytes, more than 1024]""#)
        #expect(end.outputData == #""small""#)
        let kept = String(repeating: "한", count: 341)
        #expect(end.errorMessage == kept + "[tracewire: cut, 3000 bytes, more than 1024]")
    }

    @Test func `a workflow that is not sampled records nothing of what belongs to it, and encodes nothing`()
        async throws
    {
        var configuration = TracewireConfiguration.test(port: 1)
        configuration.sampleRate = 0
        let client = TracewireClient(configuration)
        await client.withWorkflow("w", user: "mina") { workflow in
            #expect(!workflow.isRecording)
            await withNode("n", type: "t", input: Broken()) { node in
                node.setState(Broken())
                await withGeneration(model: "m") { $0.setOutput("o") }
            }
            #expect(workflow.end() == .closed)
        }
        #expect(client.statistics.recorded == 0 && client.statistics.refused == 0)
        // Not of a workflow: recorded whatever the rate.
        #expect(client.recordUser(username: "mina") == .queued)
        _ = await client.shutdown(timeout: .zero)
    }

    @Test func `about as many workflows are recorded as the rate says`() {
        var configuration = TracewireConfiguration.test(port: 1)
        configuration.sampleRate = 0.25
        let client = TracewireClient(configuration)
        let sampled = (0..<4000).count { _ in client.core.samples() }
        // Six standard deviations.
        #expect((840...1160).contains(sampled))
    }

    @Test func `a node that is run by its workflow's handle takes what is in it along, wherever that is`() async throws
    {
        let events = try await Self.events { client in
            await client.withWorkflow("inner") { workflow in
                await client.withWorkflow("outer") { _ in
                    await workflow.withNode("first", type: "t") { _ in await withNode("second", type: "t") { _ in } }
                }
                await Task.detached {
                    await workflow.withNode("third", type: "t") { _ in await withNode("fourth", type: "t") { _ in } }
                }.value
            }
        }
        let inner = events.lazy.compactMap { if case .workflowStart(let start) = $0.event { start } else { nil } }.first
        let nodes = events.compactMap { if case .nodeStart(let start) = $0.event { start } else { nil } }
        #expect(nodes.count == 4)
        #expect(nodes.allSatisfy { $0.workflow == inner?.workflow })
    }

    @Test func `a scope is entered on another thread or in a detached task by its handle`() async throws {
        let events = try await Self.events { client in
            await client.withWorkflow("w") { workflow in
                await workflow.withNode("n", type: "t") { node in
                    await Task.detached {
                        #expect(NodeHandle.current == nil)
                        await node.asCurrent { await withGeneration(model: "detached") { _ in } }
                    }.value
                    await withCheckedContinuation { continuation in
                        Thread.detachNewThread {
                            node.asCurrent {
                                #expect(WorkflowHandle.current === workflow && NodeHandle.current === node)
                            }
                            continuation.resume()
                        }
                    }
                }
            }
        }
        let node = events.lazy.compactMap { if case .nodeStart(let start) = $0.event { start.node } else { nil } }.first
        let call = events.lazy.compactMap { if case .generation(let call) = $0.event { call } else { nil } }.first
        #expect(call?.node == node && node != nil)
    }
}
