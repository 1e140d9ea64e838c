import Foundation
import Logging
import Testing
import Tracewire
import TracewireCollector

// README example begins
func plan(_ wish: String, _ client: TracewireClient) async -> String {
    await client.withWorkflow("date_course", user: "mina", userInput: wish) { workflow in
        let area = await withNode("parse_input", type: "llm", input: ["wish": .string(wish)]) { node in
            let answer = await withGeneration(model: "gpt-4o", provider: "openai", userPrompt: wish) { call in
                call.setOutput("성수")  // here your model answers
                call.setUsage(promptTokens: 180, completionTokens: 3)
                return "성수"
            }
            node.setState(["user_input": .string(wish), "area": .string(answer)])
            return answer
        }
        workflow.setFinalItinerary(["area": .string(area), "stops": ["gallery", "noodles", "tea"]])
        return area
    }
}
// README example ends

private func configuredClient() -> TracewireClient {
    // README example begins
    var configuration = TracewireConfiguration()
    configuration.host = "traces.internal"
    configuration.port = 4800
    let client = TracewireClient(configuration)
    // README example ends
    return client
}

@Suite("The README's example")
struct READMEExampleTests {
    @Test("are what is compiled here, line by line")
    func text() throws {
        let source = try String(contentsOfFile: #filePath, encoding: .utf8)
        let examples = source.components(separatedBy: "// README example begins\n").dropFirst()
            .compactMap { $0.components(separatedBy: "// README example ends").first }.map(Self.withoutIndentation)
        try #require(examples.count == 2)
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let readme = try String(contentsOf: root.appendingPathComponent("README.md"), encoding: .utf8)
        let blocks = readme.components(separatedBy: "```swift\n").dropFirst()
            .compactMap { $0.components(separatedBy: "```").first }.filter { !$0.hasPrefix("dependencies:") }
        #expect(blocks == ["import Tracewire\n\n\(examples[0])", examples[1]])
    }

    private static func withoutIndentation(_ example: String) -> String {
        let lines = example.components(separatedBy: "\n")
        let indentation = lines.first?.prefix { $0 == " " } ?? ""
        return lines.map { $0.hasPrefix(indentation) ? String($0.dropFirst(indentation.count)) : $0 }
            .joined(separator: "\n")
    }

    @Test("records one completed workflow with its node, call and result")
    func recorded() async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("tracewire-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: directory) }
        var collecting = CollectorConfiguration(databasePath: directory.appendingPathComponent("t.db").path)
        collecting.listenPort = 0
        let collector = try Collector(collecting, logger: Logger(label: "collector"))
        var sending = TracewireConfiguration()
        sending.spool = .memory
        sending.port = try await collector.start().port
        let client = TracewireClient(sending)
        #expect(await plan("전시를 보고 싶어", client) == "성수")
        let report = await client.shutdown(timeout: .seconds(20))
        #expect(report.committed == 6)
        #expect(report.isComplete)
        let asking = try await QueryClient.connect(host: "127.0.0.1", port: sending.port, timeout: .seconds(60))
        let sql = """
            SELECT u.username, w.status, n.node_name, n.status, g.total_tokens, w.final_itinerary FROM workflows w
            JOIN users u ON u.id = w.user_id JOIN nodes n ON n.workflow_id = w.id JOIN generations g ON g.node_id = n.id
            """
        let rows = try await asking.rows(of: .sql(text: sql, parameters: []))
        let itinerary = #"{"area":"성수","stops":["gallery","noodles","tea"]}"#
        #expect(
            rows == [
                [
                    .text("mina"), .text("completed"), .text("parse_input"), .text("completed"), .integer(183),
                    .text(itinerary),
                ]
            ])
        await asking.close()
        await collector.stop()
    }
}
