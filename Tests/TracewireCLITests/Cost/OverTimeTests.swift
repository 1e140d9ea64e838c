import Foundation
import Testing

@testable import TracewireCLI

/// Costs, and counts over time, as they stand on terminals of 80 and 200 columns.
@Suite("Costs and time on a terminal")
struct OverTimeTests {
    private func onTerminal(
        _ collector: CollectorProcess, columns: Int, _ arguments: [String]
    ) async throws -> [String] {
        var program = Program(executable: Program.python.executable, environment: collector.pricing.environment)
        program.environment["TERMINAL_COLUMNS"] = "\(columns)"
        let outcome = try await program.run(
            ["python3", Paths.script("terminal.py"), Paths.tracewire.path] + arguments + ["--utc"])
        #expect(outcome.exit == 0)
        let lines = outcome.text.replacing(/\u{1b}\[\d*m/, with: "").split(whereSeparator: \.isNewline).map(String.init)
        for line in lines { #expect(TerminalText.width(line) <= columns, "\(line)") }
        return lines
    }

    private static let period = ["--since", "2025-12-31", "--until", "2026-02-02"]

    @Test("the rows and the sums of each currency stand above what is missing in them", arguments: [80, 200])
    func costs(columns: Int) async throws {
        let collector = try await CollectorProcess.withCalls()
        let lines = try await onTerminal(collector, columns: columns, ["cost"] + Self.period)
        #expect(
            lines.prefix(7) == [
                "MODEL  PROVIDER  CALLS    INPUT  CACHED  OUTPUT      COST  CURRENCY    SHARE",
                "beta                 1     1234       0     567    2.9350  KRW       100.0 %",
                "alpha  p             3  1200000  800000  200000    3.8000  USD       100.0 %",
                "gamma                2       10       0       5  no price",
                "alpha  p             1        2       0       1  no price",
                "total                1     1234       0     567    2.9350  KRW       100.0 %",
                "total                3  1200000  800000  200000    3.8000  USD       100.0 %",
            ])
        let file = collector.directory.file("prices.toml")
        #expect(
            lines.dropFirst(7).joined(separator: " ") == """
                2025-12-31 00:00:00 to 2026-02-02 00:00:00; days are UTC prices: 3 prices from \(file), and where it has \
                none list prices; see 'tracewire cost --default-prices' the sum is incomplete: no price held for gamma, \
                2 calls, 15 tokens; alpha (p), 1 call, 3 tokens; add them to \(file) (tracewire cost --help) the sum is \
                incomplete: 2 calls without token counts, 1 of which failed
                """)
    }

    @Test("a day has a row for each currency, and one for what has no price")
    func days() async throws {
        let collector = try await CollectorProcess.withCalls()
        let lines = try await onTerminal(
            collector, columns: 80, ["cost", "--by", "day", "--model", "alpha"] + Self.period)
        #expect(
            lines.prefix(5) == [
                "DAY         CALLS    INPUT  CACHED  OUTPUT      COST  CURRENCY    SHARE",
                "2025-12-31      1        2       0       1  no price",
                "2026-01-31      1   600000  400000  100000    2.4000  USD        63.2 %",
                "2026-02-01      2   600000  400000  100000    1.4000  USD        36.8 %",
                "total           3  1200000  800000  200000    3.8000  USD       100.0 %",
            ])
    }

    @Test("bars stand behind what they draw, and where there is no room several periods are one bar")
    func bars() async throws {
        let collector = try await CollectorProcess.withCalls()
        let wide = try await onTerminal(collector, columns: 200, ["stats", "models", "--by", "day"] + Self.period)
        let days = String(repeating: " ", count: 31)
        #expect(
            wide == [
                "MODEL  PROVIDER  CALLS  BY DAY" + String(repeating: " ", count: 27)
                    + "  ERRORS  ERROR RATE  AVERAGE  P50  P95  P99  TOKENS IN  TOKENS OUT  TOKENS",
                "alpha  p             4  ▄\(days.dropLast())▄█       1      25.0 %                            2000002      200001",
                "gamma                2   \(days)█       0       0.0 %                                 10           5",
                "beta                 1   \(days)█       0       0.0 %                               1234                1801",
                "BY DAY: calls, 2025-12-31 to 2026-02-01, days are UTC; a bar is one day, a whole one the row's highest",
            ])
        let narrow = try await onTerminal(collector, columns: 80, ["stats", "models", "--by", "day"] + Self.period)
        #expect(narrow[0].hasPrefix("MODEL  CALLS  BY DAY"))
        #expect(narrow[1].hasPrefix("alpha      4  ▄\(String(repeating: " ", count: 14))▄█"), "\(narrow[1])")
        #expect(narrow.joined(separator: " ").hasSuffix("; a bar is 2 days, a whole one the row's highest"))
    }

    @Test(
        "programs get a row for each period in which there was something, and those are the last ones unless it is said"
    )
    func rows() async throws {
        let collector = try await CollectorProcess.withCalls()
        let days = try await collector.run(
            "stats", "models", "--by", "day", "--since", "2025-12-31", "--until", "2026-02-02", "--utc", "--format",
            "json"
        ).rows()
        #expect(
            days.map { "\($0["model_name"] ?? "") \($0["period"] ?? "") \($0["calls"] ?? "")" } == [
                "alpha 1767139200000 1", "alpha 1769817600000 1", "alpha 1769904000000 2", "beta 1769904000000 1",
                "gamma 1769904000000 2",
            ])
        #expect(try await collector.run("stats", "users", "--by", "hour", "--format", "ndjson").text == "")
        let now = Int(Date().timeIntervalSince1970 * 1000)
        let recent =
            #"{"event":"workflow.start","workflow":"0199c8aa-0000-7000-8000-0000000000ff","name":"x","at_ms":"#
        #expect(try await collector.run("import", "-", input: recent + "\(now)}\n").exit == 0)
        for unit in ["hour", "day"] {
            let rows = try await collector.run("stats", "users", "--by", unit, "--format", "json").rows()
            #expect(rows.count == 1 && rows[0]["workflows"] as? Int == 1)
        }
        let table = try await collector.run("stats", "users", "--by", "day")
        #expect(table.lines.count == 3 && table.lines[1].contains("█"), "\(table.text)")
    }

    @Test("more than there may be is refused with what to ask instead")
    func tooMany() async throws {
        let collector = try await CollectorProcess.withSamples()
        for (unit, since, message) in [
            ("hour", "100d", "ask by day, or for less time"),
            ("day", "800d", "at most 731 days"),
        ] {
            let refused = try await collector.run("stats", "nodes", "--by", unit, "--since", since)
            #expect(
                refused.exit == 1 && refused.output.isEmpty && refused.errors.contains(message), "\(refused.errors)")
        }
        #expect(try await collector.run("stats", "nodes", "--by", "week").exit == 2)
    }
}
