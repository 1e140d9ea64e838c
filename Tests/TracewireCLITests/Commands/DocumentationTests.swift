import Foundation
import Testing

@testable import TracewireCLI

/// What the pages say is what the program does.
@Suite("Documentation")
struct DocumentationTests {
    @Test("the example of the NDJSON page is imported, and exported as it stands there")
    func example() async throws {
        let page = try Paths.page("protocol/NDJSON.md")
        let example = try #require(page.firstMatch(of: /```json\n((?s).*?)```/)?.output.1)
        let collector = try await CollectorProcess(directory: try TestDirectory())
        let imported = try await collector.run("import", "-", input: String(example))
        #expect(imported.exit == 0 && imported.errors.isEmpty, "\(imported.errors)")
        #expect(try await collector.run("export").text == example)
    }

    @Test("the NDJSON page names every key of every event", arguments: EventKey.allCases.map(\.name))
    func keys(name: String) throws {
        #expect(try Paths.page("protocol/NDJSON.md").contains("`\(name)`"))
    }

    @Test("the OpenTelemetry page names every attribute that is exported")
    func attributes() async throws {
        let directory = try TestDirectory()
        let oracles = try await ExportOracles.importing(try await Traffic.writeOddRuns(to: directory))
        let exported = try await oracles.collector.run("export", "--otlp", "-")
        let names = Set(exported.text.matches(of: /\{"key":"([^"]+)","value":/).map { String($0.output.1) })
        let page = try Paths.page("protocol/OTLP.md")
        #expect(names.count > 30)
        for name in names { #expect(page.contains("`\(name)`"), "\(name)") }
    }

    @Test("the README lists every setting with its default", arguments: CollectorSetting.all.map(\.name))
    func settings(name: String) throws {
        let setting = try #require(CollectorSetting.all.first { $0.name == name })
        let rows = try Paths.page("README.md").split(separator: "\n").filter { $0.hasPrefix("| `\(name)`") }
        let standard = try #require(rows.first?.split(separator: "|").last)
        #expect(standard.replacing("`", with: "").contains(" \(setting.standard) "))
    }
}
