import Foundation
import Testing

@testable import TracewireCLI

@Suite("cost")
struct CostTests {
    @Test(
        "amounts are those of a hand: two prices of one model, cached tokens, the last and the first instant of a day")
    func byHand() async throws {
        let collector = try await CollectorProcess.withCalls()
        for (by, rows) in PricedCalls.costs {
            let outcome = try await collector.pricing.run(
                ["cost", "--by", by, "--since", "2025-01-01", "--format", "csv"])
            #expect(outcome.exit == 0)
            #expect(outcome.text.split(separator: "\n").dropFirst().map(String.init) == rows, "\(by)")
            // What is not in the sums is said beside the answer.
            #expect(
                outcome.errors.contains("no price held for gamma, 2 calls, 15 tokens; alpha (p), 1 call, 3 tokens; add")
            )
            #expect(outcome.errors.contains("the sum is incomplete: 2 calls without token counts, 1 of which failed"))
        }
    }

    @Test("filters and the period leave what they name")
    func filters() async throws {
        let collector = try await CollectorProcess.withCalls()
        for (arguments, calls, cost) in [
            (["--model", "beta"], 1, "2.935"), (["--user", "mina", "--model", "alpha"], 3, "3.8"),
            (["--name", "other"], 1, "2.935"),
            (["--since", "2026-02-01", "--model", "alpha", "--utc"], 2, "1.4"),
            (["--until", "2026-02-01", "--since", "2026-01-01", "--utc"], 1, "2.4"),
        ] {
            let rows = try await collector.pricing.run(
                ["cost", "--by", "name", "--since", "2025-12-31T12:00Z", "--format", "json"] + arguments
            ).rows().filter { $0["cost"] is String }
            #expect(rows.compactMap { $0["calls"] as? Int } == [calls], "\(arguments)")
            #expect(rows.compactMap { $0["cost"] as? String } == [cost], "\(arguments)")
        }
        // The last thirty days, when nothing was called.
        let recent = try await collector.run("cost")
        #expect(recent.lines.first == "no calls of models" && recent.text.contains(", the last 30 days unless"))
    }

    @Test("one's own prices are read from where they are named, the command line first, and go before the others")
    func overrides() async throws {
        let collector = try await CollectorProcess.withSamples()
        let run = #""workflow":"\#(SampleRuns.running)","at_ms":1770000009000"#
        let call =
            #"{"event":"generation","generation":"0199c8aa-0002-7000-9000-0000000000aa",\#(run),"#
            + #""model_name":"gpt-4o","model_provider":"openai","prompt_tokens":1000000,"completion_tokens":0}"#
        #expect(try await collector.run("import", "-", input: call + "\n").exit == 0)
        let directory = collector.directory
        func file(_ price: Int, _ name: String) throws -> String {
            try directory.write(
                "[[price]]\nmodel = \"gpt-4o\"\ncurrency = \"USD\"\ninput = \(price)\noutput = \(price)\n", to: name)
        }
        try FileManager.default.createDirectory(
            atPath: directory.file("tracewire"), withIntermediateDirectories: true)
        _ = try file(30, "tracewire/prices.toml")
        let (named, environment) = (try file(10, "named.toml"), try file(20, "environment.toml"))
        func cost(_ program: Program, _ arguments: String...) async throws -> String? {
            let rows = try await program.run(
                ["cost", "--since", "2026-01-01", "--model", "gpt-4o", "--format", "json"] + arguments
            ).rows()
            return rows.first { ($0["model_provider"] as? String) == "openai" }?["cost"] as? String
        }
        let program = collector.program.with("HOME", directory.path)
        #expect(try await cost(program) == "2.5")
        let settings = program.with("XDG_CONFIG_HOME", directory.path)
        #expect(try await cost(settings) == "30")
        #expect(try await cost(settings.with("TRACEWIRE_PRICES", environment)) == "20")
        #expect(try await cost(settings.with("TRACEWIRE_PRICES", environment), "--prices", named) == "10")
        let table = try await settings.run(["cost", "--since", "2026-01-01"])
        #expect(table.text.contains("1 price from \(directory.path)/tracewire/prices.toml, and where it has none list"))
    }

    @Test("a file that is not there or wrong ends the command before anybody is asked")
    func badFiles() async throws {
        let directory = try TestDirectory()
        let nobody = Program(environment: ["TRACEWIRE_CONNECT": "127.0.0.1:1"])
        let wrong = try directory.write("[[price]]\nmodel = 5\n", to: "wrong.toml")
        for (path, exit, message) in [
            (wrong, 2, "\(wrong), line 2: model is a text in quotation marks"),
            (directory.file("missing.toml"), 1, "cannot read \(directory.file("missing.toml")): No such file"),
            (directory.path, 1, "is a directory"), ("", 2, "an empty path names no file"),
        ] as [(String, Int32, String)] {
            let outcome = try await nobody.run(["cost", "--prices", path])
            #expect(outcome.exit == exit && outcome.errors.contains(message), "\(outcome.errors)")
        }
    }

    @Test("without a collector, and with one that is older, it says what to do")
    func unfit() async throws {
        let deserted = try DesertedAddress()
        let absent = try await Program(environment: ["TRACEWIRE_CONNECT": deserted.text]).run(["cost"])
        #expect(absent.exit == 3 && absent.errors.contains("no collector at \(deserted.text)"))
        let directory = try TestDirectory()
        let process = try Program.python.prepare(["python3", Paths.script("older_collector.py")], directory)
        let pipe = Pipe()
        process.standardOutput = pipe
        _ = try process.started()
        defer { kill(process.processIdentifier, SIGKILL) }
        let address = try await pipe.fileHandleForReading.firstLine()
        for command in [["cost"], ["stats", "users", "--by", "day"]] {
            let older = try await Program(environment: ["TRACEWIRE_CONNECT": address]).run(command)
            #expect(older.exit == 1 && older.output.isEmpty)
            #expect(older.errors.contains("it is older than this program; upgrade it"), "\(older.errors)")
        }
    }

    @Test("--default-prices prints the file of the program, which is read as one's own, and asks nobody")
    func defaultPrices() async throws {
        let outcome = try await Program(environment: ["TRACEWIRE_CONNECT": "127.0.0.1:1"]).run(
            ["cost", "--default-prices"])
        #expect(outcome.exit == 0)
        #expect(try outcome.text == Paths.page("Sources/TracewireCLI/Cost/prices.toml"))
    }

    @Test("sums over random calls by random prices are those that another program computes", arguments: 1...6)
    func random(seed: Int) async throws {
        let directory = try TestDirectory()
        let made = try await Program.python("costs.py", ["make", "\(seed)", directory.path])
        try #require(made.exit == 0, "\(made.errors)")
        let collector = try await CollectorProcess(directory: directory)
        #expect(try await collector.run("import", directory.file("events.ndjson")).exit == 0)
        for by in CostReport.Grouping.allCases.map(\.rawValue) {
            let outcome = try await collector.run(
                "cost", "--by", by, "--since", "2025-12-01", "--prices", directory.file("prices.toml"), "--format",
                "json")
            let rows = try directory.write(outcome.text, to: "rows.json")
            let checked = try await Program.python("costs.py", ["check", directory.path, by, rows])
            #expect(checked.exit == 0, "\(by): \(checked.errors)")
        }
    }
}
