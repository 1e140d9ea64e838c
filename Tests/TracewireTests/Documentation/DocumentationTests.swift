import Foundation
import Testing
import Tracewire

/// The code in Tracewire.docc is what is compiled in this folder.
@Suite("The documentation of the SDK")
struct DocumentationTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    private static let catalog = folder.deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Sources/Tracewire/Tracewire.docc")

    @Test("shows no other code than what is compiled here, and all of that")
    func code() throws {
        let compiled = try Self.files(below: Self.folder, ending: ".swift").flatMap(Self.snippets)
        let shown = try Self.files(below: Self.catalog, ending: ".md").flatMap(Self.blocks)
        let steps = try Self.files(below: Self.catalog, ending: ".swift").map { file in
            try #require(file.hasPrefix("import Tracewire\n\n"))
            return String(file.dropFirst("import Tracewire\n\n".count))
        }
        try #require(!shown.isEmpty && !steps.isEmpty)
        #expect(Set(shown + steps).subtracting(compiled) == [])
        #expect(Set(compiled).subtracting(shown + steps) == [])
    }

    @Test("has a tutorial whose program records a run that completes and one that fails")
    func tutorial() async throws {
        try await CollectorFixture.run { collector in
            let client = TracewireClient(.test(port: collector.port))
            #expect(try await FinishedTutorial().plan("성수에서 전시", client) == "성수 푸른 갤러리")
            await #expect(throws: FinishedTutorial.NothingFound.self) {
                try await FinishedTutorial().plan("새벽 세 시에 전시", client)
            }
            let report = await client.shutdown(timeout: .seconds(60))
            #expect(report.isComplete, "\(report)")
            let rows = try await collector.rows(
                """
                SELECT w.status, n.node_name, n.status, n.state_data, n.error_message FROM workflows w
                JOIN nodes n ON n.workflow_id = w.id ORDER BY w.id, n.execution_order
                """)
            let parsed = Value.text(#"{"wish":"성수에서 전시","area":"성수"}"#)
            let found = Value.text(#"{"wish":"성수에서 전시","area":"성수","place":"성수 푸른 갤러리"}"#)
            let early = Value.text(#"{"wish":"새벽 세 시에 전시","area":"성수"}"#)
            let completed = Value.text("completed")
            let failed = Value.text("failed")
            #expect(
                rows == [
                    [completed, .text("parse_input"), completed, parsed, .null],
                    [completed, .text("search"), completed, found, .null],
                    [failed, .text("parse_input"), completed, early, .null],
                    [failed, .text("search"), failed, .null, .text("nothing is open in 성수")],
                ])
        }
    }

    private static func files(below directory: URL, ending: String) throws -> [String] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: directory.path)
        return try names.filter { $0.hasSuffix(ending) }.sorted()
            .map { try String(contentsOf: directory.appendingPathComponent($0), encoding: .utf8) }
    }

    private static func blocks(_ page: String) -> [String] {
        page.components(separatedBy: "```swift\n").dropFirst().compactMap { $0.components(separatedBy: "```").first }
    }

    private static func snippets(_ source: String) -> [String] {
        source.components(separatedBy: "// Snippet begins\n").dropFirst()
            .compactMap { $0.components(separatedBy: "// Snippet ends").first }.map(withoutIndentation)
    }

    private static func withoutIndentation(_ snippet: String) -> String {
        let lines = snippet.components(separatedBy: "\n")
        let indentation = lines.first?.prefix { $0 == " " } ?? ""
        return lines.map { $0.hasPrefix(indentation) ? String($0.dropFirst(indentation.count)) : $0 }
            .map { $0.allSatisfy { $0 == " " } ? "" : $0 }.joined(separator: "\n")
    }
}
