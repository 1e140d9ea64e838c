import Foundation
import Testing

@Suite("workflows, show and stats")
struct QueryCommandTests {
    @Test("workflows lists the newest first, and says of a running one since when it is silent")
    func workflows() async throws {
        let before = Int(Date().timeIntervalSince1970) * 1000
        let collector = try await CollectorProcess.withSamples()
        let rows = try await collector.run("workflows", "--format", "json").rows()
        #expect(rows.map { $0["uuid"] as? String } == [SampleRuns.running, SampleRuns.failed, SampleRuns.completed])
        // When the collector heard of them, not when they happened.
        let heard = rows.compactMap { $0["last_heard_at"] as? Int }
        #expect(heard.count == 3 && heard.allSatisfy { $0 >= before })
        let table = try await collector.program.with("TZ", "UTC").run(["workflows"])
        let silent = table.lines.filter { $0.hasSuffix(Self.utc(heard[0])) }
        #expect(table.lines.count == 4)
        #expect(silent.count == 1 && silent[0].contains("running"))
        #expect(table.lines[0].hasPrefix("ID"))
    }

    private static func utc(_ milliseconds: Int) -> String {
        let formatter = DateFormatter()
        formatter.dateFormat = "yyyy-MM-dd HH:mm:ss"
        formatter.timeZone = TimeZone(identifier: "UTC")
        formatter.locale = Locale(identifier: "en_US_POSIX")
        return formatter.string(from: Date(timeIntervalSince1970: Double(milliseconds / 1000)))
    }

    @Test(
        "every filter of workflows narrows the list",
        arguments: [
            (["--status", "failed"], [2]), (["--user", "mina"], [2, 1]), (["--name", "date_course"], [3, 2, 1]),
            (["--name", "other"], []), (["--limit", "1"], [3]), (["--search", "전시"], [1]),
            (["--since", "2026-02-02T02:40:05Z"], [3, 2]), (["--until", "2026-02-02T02:40:05Z"], [1]),
            (["--since", "1h", "--status", "running"], []), (["--model", "solar-pro"], [2]), (["--tag", "vip"], []),
            (["--error", "UPSTREAM 5"], [2]), (["--min-duration", "2500ms"], [1]),
            (["--since", "2026-02-02 02:40:05", "--utc"], [3, 2]),
        ])
    func filters(arguments: [String], expected: [Int]) async throws {
        let collector = try await CollectorProcess.withSamples()
        let outcome = try await collector.program.run(["workflows", "--format", "json"] + arguments)
        #expect(try outcome.rows().map { $0["id"] as? Int } == expected)
    }

    @Test("errors lists failures by what they have in common, with an example that show takes")
    func errors() async throws {
        let collector = try await CollectorProcess.withSamples()
        let rows = try await collector.run("errors", "--format", "json").rows()
        #expect(rows.map { $0["message"] as? String } == ["rate limit exceeded", "upstream 503"])
        #expect(rows.map { $0["name"] as? String } == ["solar-pro", "rank"])
        #expect(rows.allSatisfy { $0["failures"] as? Int == 1 && $0["example"] as? Int == 2 })
        let table = try await collector.run("errors")
        #expect(table.lines.count == 3 && table.lines[0].hasPrefix("FAILURES"))
        #expect(try await collector.run("errors", "--since", "1h").text == "no failures\n")
        let first = try await collector.run("errors", "--limit", "1", "--format", "ndjson")
        #expect(first.lines.count == 1 && first.errors.contains("1 row of more"))
    }

    @Test("times are those of the machine, or UTC, or how long ago")
    func times() async throws {
        let collector = try await CollectorProcess.withSamples()
        let program = collector.program.with("TZ", "Asia/Seoul")
        #expect(try await program.run(["workflows"]).text.contains("2026-02-02 11:40:05"))
        #expect(try await program.run(["--utc", "workflows"]).exit == 2)
        #expect(try await program.run(["workflows", "--utc"]).text.contains("2026-02-02 02:40:05"))
        let local = try await program.run(["workflows", "--since", "2026-02-02 11:40:05", "--format", "ndjson"])
        #expect(local.lines.count == 2)
        let relative = try await program.run(["workflows", "--relative"])
        #expect(relative.lines.dropFirst().allSatisfy { $0.contains(" h ago ") }, "\(relative.text)")
    }

    @Test("show prints the payloads of one node or call, JSON a member a line where it is long")
    func onePayload() async throws {
        let collector = try await CollectorProcess.withSamples()
        let node = try await collector.run("show", "1", "--node", "search")
        #expect(node.lines.first?.hasPrefix("── node search  ") == true)
        #expect(node.lines.contains(#"{"n": 1}"#) && node.lines.contains(#"{"count": 3}"#))
        #expect(node.lines.contains { $0.hasPrefix("── call of gpt-4o in search  ") } && node.lines.contains("좋아요"))
        #expect(try await collector.run("show", "1", "--node", "1").text == node.text)
        let call = try await collector.run("show", "2", "--generation", "1")
        #expect(call.lines.contains("rate limit exceeded") && !call.text.contains("upstream"))
        #expect(try await collector.run("show", "2", "--generation", "0199c8aa-0002").text == call.text)
        for (arguments, sentence) in [
            (["--node", "rank"], "no node 'rank'"), (["--generation", "2"], "no call '2'"),
            (["--generation", "ffff"], "no call 'ffff'"),
        ] {
            let missing = try await collector.program.run(["show", "1"] + arguments)
            #expect(missing.exit == 1 && missing.errors.contains(sentence), "\(missing.errors)")
        }
    }

    @Test("show draws a run as a tree, with what it took, tokens and errors below the node")
    func show() async throws {
        let collector = try await CollectorProcess.withSamples()
        let completed = try await collector.run("show", "1")
        #expect(completed.lines[0] == "date_course  #1  \(SampleRuns.completed)")
        #expect(completed.lines[1].contains("✓ completed  ·  mina"))
        #expect(completed.lines[1].contains("took 3.0 s  ·  1 node  ·  1 call  ·  100 tokens"))
        #expect(completed.text.contains("└─ ✓ search (tool)"))
        #expect(completed.text.contains("   └─ ◆ gpt-4o"))
        #expect(completed.text.contains("█"))
        let failed = try await collector.run("show", SampleRuns.failed)
        let errors = try #require(failed.lines.firstIndex { $0.contains("upstream 503") })
        #expect(failed.lines[errors - 1].contains("✗ rank (tool)"))
        #expect(failed.lines[errors + 1].hasSuffix("  line 1"))
        #expect(failed.text.contains("rate limit exceeded"))
        let running = try await collector.run("show", "0199c8ac")
        #expect(running.lines[1].contains("▶ running"))
        #expect(running.lines[1].contains("silent since"))
    }

    @Test("show --payloads prints every payload whole, and no control character")
    func payloads() async throws {
        let collector = try await CollectorProcess.withSamples()
        let outcome = try await collector.run("show", "1", "--payloads")
        let nested = ["{", #"  "b": 1,"#, #"  "a": [2]"#, "}"]
        for payload in nested + [#"{"n": 1}"#, #"{"count": 3}"#, "좋아요", "성수에서 ␛[31m전시"] {
            #expect(outcome.lines.contains(payload), "\(payload)")
        }
        #expect(!outcome.output.contains(0x1b))
    }

    @Test("show gives programs the whole run as one object, and a flat table as CSV")
    func showForPrograms() async throws {
        let collector = try await CollectorProcess.withSamples()
        let outcome = try await collector.run("show", "1", "--format", "json")
        let run = try #require(try outcome.json() as? [String: Any])
        #expect(run["uuid"] as? String == SampleRuns.completed)
        #expect(outcome.text.contains(#""time_settings":{"b":1,"a":[2]}"#))
        let nodes = try #require(run["nodes"] as? [[String: Any]])
        #expect(nodes.map { $0["node_name"] as? String } == ["search"])
        #expect((nodes[0]["generations"] as? [[String: Any]])?.map { $0["model_name"] as? String } == ["gpt-4o"])
        #expect((run["generations"] as? [Any])?.isEmpty == true)
        let csv = try await collector.run("show", "1", "--format", "csv")
        let kinds = csv.text.split(separator: "\n").map { $0.split(separator: ",")[0] }
        #expect(kinds == ["kind", "workflow", "node", "generation"])
    }

    @Test(
        "a run that is not there, or not named well, fails with a sentence",
        arguments: [("99", "not_found"), ("0199c8a", "invalid_argument"), ("zzz", "invalid_argument")])
    func noRun(id: String, code: String) async throws {
        let collector = try await CollectorProcess.withSamples()
        let outcome = try await collector.run("show", id)
        #expect(outcome.exit == 1)
        #expect(outcome.errors.contains(code))
        #expect(outcome.output.isEmpty)
    }

    @Test("a UUID may be written without hyphens, as sql has it")
    func hexadecimal() async throws {
        let collector = try await CollectorProcess.withSamples()
        let digits = SampleRuns.failed.replacing("-", with: "")
        let sql = try await collector.run("sql", "SELECT uuid FROM workflows WHERE id = 2", "--format", "csv")
        #expect(sql.text == "uuid\n\(digits)\n")
        for name in [digits, digits.uppercased(), String(digits.prefix(8))] {
            #expect(try await collector.run("show", name).lines.first == "date_course  #2  \(SampleRuns.failed)")
        }
    }

    @Test("a beginning that several UUIDs have is answered with the runs that are meant")
    func ambiguous() async throws {
        let collector = try await CollectorProcess.withSamples()
        for id in ["0", "01", "0199c8a"] {
            let outcome = try await collector.run("show", id)
            #expect(outcome.exit == 1)
            for (number, uuid) in [(1, SampleRuns.completed), (2, SampleRuns.failed)] {
                #expect(outcome.errors.contains("  \(number)  \(uuid)  "))
            }
            #expect(outcome.errors.contains("begin with '\(id)'"))
        }
    }

    @Test("where there is nothing, a table says so in words")
    func nothing() async throws {
        let collector = try await CollectorProcess(directory: try TestDirectory())
        #expect(try await collector.run("workflows").text == "no workflows\n")
        #expect(try await collector.run("stats", "models").text == "no calls of models\n")
        #expect(try await collector.run("sql", "SELECT id FROM users").text == "id\nno rows\n")
    }

    @Test("stats counts users, nodes and models")
    func stats() async throws {
        let collector = try await CollectorProcess.withSamples()
        let users = try await collector.run("stats", "users", "--format", "json").rows()
        let mina = try #require(users.first { $0["username"] as? String == "mina" })
        #expect(mina["workflows"] as? Int == 2)
        #expect(mina["success_rate"] as? Double == 0.5)
        let nodes = try await collector.run("stats", "nodes", "--format", "json").rows()
        #expect(nodes.map { $0["node_name"] as? String } == ["search", "rank"])
        #expect(nodes.map { $0["executions"] as? Int } == [2, 1])
        let models = try await collector.run("stats", "models", "--format", "csv")
        #expect(models.text.contains("gpt-4o,,1,0,400"))
        #expect(models.text.contains("solar-pro,,1,1,400"))
        let rates = try await collector.run("stats", "models")
        #expect(rates.lines[0].contains("ERROR RATE") && rates.text.contains("100.0 %") && rates.text.contains("0.0 %"))
        let table = try await collector.run("stats", "users")
        #expect(table.text.contains("50.0 %"))
        #expect(users.allSatisfy { $0.keys.contains("p99_duration_ms") && $0.keys.contains("total_tokens") })
        #expect(models.text.contains("p50_latency_ms"))
        // Whole hours.
        let sameHour = try await collector.run("stats", "models", "--since", "2026-02-02T02:59:59Z", "--format", "json")
        #expect(try sameHour.rows().count == 2)
        let later = try await collector.run("stats", "models", "--since", "2026-02-02T03:00:00Z", "--format", "json")
        #expect(try later.rows().isEmpty)
    }
}

extension Program {
    func with(_ name: String, _ value: String) -> Program {
        Program(executable: executable, environment: environment.merging([name: value]) { $1 })
    }
}
