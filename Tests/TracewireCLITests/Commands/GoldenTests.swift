import Foundation
import Testing

@testable import TracewireCLI

/// What each command writes on terminals of several widths, to the letter and to the colour.
///
/// `TRACEWIRE_WRITE_GOLDEN=1` writes the files anew: look at the change before it is kept.
@Suite("On terminals of several widths", .timeLimit(.minutes(5)))
struct GoldenTests {
    private static let commands = [
        ["workflows"], ["workflows", "--status", "failed"], ["show", "1"], ["show", "2"],
        ["show", "1", "--node", "search_cafe"],
        ["diff", "1"], ["diff", "1", "2"], ["stats", "users"], ["stats", "nodes"], ["stats", "models"], ["errors"],
        ["search", "좋아"], ["rejected"], ["sql", "SELECT id, name, status, created_at FROM workflows"],
        ["tail", "-n", "100", "--limit", "17"],
        ["cost", "--since", "2026-02-01", "--until", "2026-02-03"],
        ["cost", "--by", "day", "--since", "2026-02-01", "--until", "2026-02-03"],
        ["stats", "nodes", "--by", "hour", "--since", "2026-02-02", "--until", "2026-02-03"],
    ]
    private static let widths = [60, 80, 120, 200]

    @Test("commands write what they wrote before", arguments: commands)
    func golden(command: [String]) async throws {
        let collector = try await CollectorProcess(directory: try TestDirectory())
        #expect(try await collector.run("import", "-", input: GoldenRuns.text).exit == 4)
        var text = ""
        for width in Self.widths {
            let outcome = try await collector.onTerminal(command + ["--utc"], columns: width, pager: "cat")
            #expect(outcome.exit == 0, "\(outcome.text)")
            let picture = Self.lasting(outcome.text)
            for line in picture.split(separator: "\n") {
                let plain = String(line).replacing(/␛\[\d*m/, with: "")
                #expect(TerminalText.width(plain) <= width, "\(plain)")
            }
            text += "── \(width) columns\n\(picture)"
        }
        let file = Paths.golden(command.joined(separator: "-").replacing(/[^\w-]+/, with: "-"))
        if ProcessInfo.processInfo.environment["TRACEWIRE_WRITE_GOLDEN"] == "1" {
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        let expected = try String(contentsOf: file, encoding: .utf8)
        #expect(text == expected, "\(command): compare with \(file.lastPathComponent)")
    }

    /// Without what differs from run to run: when the collector has received something.
    private static func lasting(_ text: String) -> String {
        text.replacing("\r\n", with: "\n").replacing("\u{1b}", with: "␛")
            .replacing(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/) { match in
                match.output.hasPrefix("2026-02-02") ? String(match.output) : "YYYY-MM-DD hh:mm:ss"
            }
    }
}
