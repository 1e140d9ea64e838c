import Testing
import TracewireProtocol

@testable import TracewireStore

/// The report on the tokens of generations.
struct UsageTests {
    private static let day: Int64 = 86_400_000
    private let recorder: Recorder
    private let reader: StoreReader

    init() throws {
        recorder = try Recorder()
        try recorder.send(
            user("kim"), user("lee"), workflowStart(identifier(1), name: "planner", user: "kim"),
            workflowStart(identifier(2), name: "other", user: "lee"), workflowStart(identifier(3), name: "planner"))
        reader = try StoreReader(path: recorder.database.path)
    }

    private func call(
        _ number: UInt64, in workflow: UInt64 = 1, at: Int64 = 10, _ prompt: Int64? = nil, _ completion: Int64? = nil,
        total: Int64? = nil, model: String = "gpt-4o", provider: String? = nil, error: String? = nil,
        metadata: String? = nil
    ) throws {
        let verdicts = try recorder.send(
            generation(identifier(100 + number), in: identifier(workflow), at: at) {
                $0.modelName = model
                $0.modelProvider = provider
                $0.promptTokens = prompt
                $0.completionTokens = completion
                $0.totalTokens = total
                $0.errorMessage = error
                $0.metadata = metadata
            })
        #expect(verdicts.isEmpty)
    }

    /// Calls, those without counts, failed ones of them; uncached, cached and completion tokens.
    private func sums(_ arguments: [String: Value] = [:]) throws -> [[Int64]] {
        let answer = reader.report("usage", arguments)
        #expect(answer.summary.code == .ok, "\(answer.summary.message)")
        return answer.rows.map { row in row.suffix(6).map { if case .integer(let value) = $0 { value } else { -1 } } }
    }

    @Test func `a day ends before the next one begins, and days come in their order`() throws {
        try call(1, at: 2 * Self.day, 4, 40)
        try call(2, at: 2 * Self.day - 1, 1, 10)
        try call(3, at: Self.day, 2, 20)
        let answer = reader.report("usage")
        #expect(try answer.column("day") == [.integer(Self.day), .integer(2 * Self.day)])
        #expect(try sums() == [[2, 0, 0, 3, 0, 30], [1, 0, 0, 4, 0, 40]])
        #expect(try sums(["since": .integer(2 * Self.day)]) == [[1, 0, 0, 4, 0, 40]])
        #expect(try sums(["until": .integer(2 * Self.day)]) == [[2, 0, 0, 3, 0, 30]])
        #expect(try sums(["since": .integer(Self.day + 1), "until": .integer(2 * Self.day - 1)]) == [])
    }

    @Test func `groups are models and providers, and users or names where they are asked for`() throws {
        try call(1, 1, 0)
        try call(2, 2, 0, provider: "openai")
        try call(3, in: 2, 4, 0, provider: "openai")
        try call(4, in: 3, 8, 0, model: "gpt", provider: "")
        let plain = reader.report("usage")
        #expect(try plain.column("model_name") == ["gpt-4o", "gpt-4o", "gpt"].map(Value.text))
        #expect(try plain.column("model_provider") == [.null, .text("openai"), .text("")])
        #expect(try plain.column("uncached_tokens") == [1, 6, 8].map(Value.integer))
        for column in ["user", "workflow_name"] { #expect(try plain.column(column) == [.null, .null, .null]) }
        let users = reader.report("usage", ["by": .text("user")])
        #expect(try users.column("user") == [.text("kim"), .text("kim"), .text("lee"), .null])
        #expect(try users.column("uncached_tokens") == [1, 2, 4, 8].map(Value.integer))
        let names = reader.report("usage", ["by": .text("name"), "model": .text("gpt-4o")])
        #expect(try names.column("workflow_name") == [.text("planner"), .text("planner"), .text("other")])
    }

    @Test func `filters leave what they name`() throws {
        for (number, workflow) in [(1, 1), (2, 2), (4, 3)] as [(UInt64, UInt64)] {
            try call(number, in: workflow, Int64(number), 0)
        }
        try call(8, 8, 0, model: "other")
        func tokens(_ filters: [String: String]) throws -> Int64 {
            try sums(filters.mapValues(Value.text)).reduce(0) { $0 + $1[3] }
        }
        #expect(try tokens([:]) == 15)
        #expect(try tokens(["user": "kim"]) == 9)
        #expect(try tokens(["user": "nobody"]) == 0)
        #expect(try tokens(["name": "planner"]) == 13)
        #expect(try tokens(["name": "planner", "user": "kim", "model": "gpt-4o"]) == 1)
        #expect(try tokens(["model": "gpt-4o", "by": "user"]) == 7)
        #expect(reader.report("usage", ["by": .text("day")]).summary.message == "by of usage has to be user or name")
    }

    @Test(
        arguments: [
            ([5, 7, 12], nil, [1, 0, 0, 5, 0, 7]), ([5, 7, nil], nil, [1, 0, 0, 5, 0, 7]),
            ([5, nil, 12], nil, [1, 0, 0, 5, 0, 7]), ([nil, 7, 12], nil, [1, 0, 0, 5, 0, 7]),
            ([5, nil, 5], nil, [1, 0, 0, 5, 0, 0]), ([5, nil, nil], nil, [1, 1, 0, 5, 0, 0]),
            ([nil, 7, nil], nil, [1, 1, 0, 0, 0, 7]), ([nil, nil, 12], nil, [1, 1, 0, 0, 0, 0]),
            ([nil, 7, 3], nil, [1, 1, 0, 0, 0, 7]), ([nil, nil, nil], nil, [1, 1, 0, 0, 0, 0]),
            ([nil, nil, nil], "refused", [1, 1, 1, 0, 0, 0]), ([0, 0, nil], "refused", [1, 0, 0, 0, 0, 0]),
        ] as [([Int64?], String?, [Int64])])
    func `a missing count is what the others leave, and a call of which they do not tell is counted`(
        counts: [Int64?], error: String?, expected: [Int64]
    ) throws {
        try call(1, counts[0], counts[1], total: counts[2], error: error)
        #expect(try sums() == [expected])
    }

    @Test(
        arguments: [
            (#"{"cached_tokens":40}"#, 60, 40), (#"{"cache_read_input_tokens":40}"#, 60, 40),
            (#"{"prompt_tokens_details":{"cached_tokens":40}}"#, 60, 40),
            (#"{"input_tokens_details":{"cached_tokens":40}}"#, 60, 40),
            (#"{"input_token_details":{"cache_read":40}}"#, 60, 40),
            (#"{"usage":{"prompt_tokens_details":{"cached_tokens":40}}}"#, 60, 40),
            (#"{"usage_metadata":{"input_token_details":{"cache_read":40}}}"#, 60, 40),
            (#"{"cached_tokens":100}"#, 0, 100), (#"{"cached_tokens":0}"#, 100, 0),
            // More than there are: they were counted beside the prompt's.
            (#"{"cache_read_input_tokens":101}"#, 100, 101),
            // The first name that is there counts.
            (#"{"usage":{"cached_tokens":7},"cache_read_input_tokens":40}"#, 60, 40),
            (#"{"cached_tokens":null,"cache_read_input_tokens":40}"#, 60, 40),
            // Nothing that is a count.
            (#"{"cached_tokens":-1}"#, 100, 0), (#"{"cached_tokens":1.5}"#, 100, 0),
            (#"{"cached_tokens":"40"}"#, 100, 0), (#"{"cached_tokens":[40]}"#, 100, 0), (#"["cached_tokens"]"#, 100, 0),
            (#""cached_tokens""#, 100, 0), (#"{"other":{"cached_tokens":40}}"#, 100, 0), (#"{"cache":1}"#, 100, 0),
            ("{}", 100, 0),
        ] as [(String, Int64, Int64)])
    func `cached tokens are read from the metadata by their usual names, and are part of the prompt's`(
        metadata: String, uncached: Int64, cached: Int64
    ) throws {
        try call(1, 100, 7, metadata: metadata)
        #expect(try sums() == [[1, 0, 0, uncached, cached, 7]])
    }

    @Test func `metadata that is too large for its row is read from its segment`() throws {
        let padding = noise(5_000, seed: 3)
        try call(1, 100, 7, metadata: #"{"padding":"\#(padding)","cached_tokens":40}"#)
        try call(2, 100, 7, metadata: #"{"padding":"\#(padding)"}"#)
        #expect(try recorder.value("SELECT count(*) FROM generations WHERE typeof(metadata) = 'blob'") == .integer(2))
        #expect(try sums() == [[2, 0, 0, 160, 40, 14]])
    }

    @Test func `sums that no integer holds are the largest one`() throws {
        // 2^53 - 1 each, of which 1,025 are more than 2^63.
        let calls = (1...1_025 as ClosedRange<UInt64>).map { number in
            generation(identifier(100 + number), in: identifier(1)) {
                $0.promptTokens = Limits.largestInteger
                $0.completionTokens = 1
            }
        }
        try recorder.send(all: calls)
        #expect(try sums() == [[1_025, 0, 0, .max, 0, 1_025]])
    }

    @Test func `sums over random traffic are those of the rows`() throws {
        try recorder.send(user("박"))
        var traffic = RandomTraffic(seed: 21, until: Recorder.now, days: 5)
        for records in traffic.batches(traffic.records(runs: 120)) { try recorder.send(all: records) }
        let expected = reader.sql(
            """
            SELECT g.created_at / 86400000 * 86400000, g.model_name, g.model_provider, u.username, NULL, count(*),
                sum(prompt_tokens IS NULL OR total_tokens IS NULL OR total_tokens < prompt_tokens),
                sum((prompt_tokens IS NULL OR total_tokens IS NULL OR total_tokens < prompt_tokens)
                    AND g.error_message IS NOT NULL),
                coalesce(sum(prompt_tokens), 0), 0,
                coalesce(sum(CASE WHEN total_tokens >= prompt_tokens THEN total_tokens - prompt_tokens END), 0)
            FROM generations g JOIN workflows w ON w.id = g.workflow_id LEFT JOIN users u ON u.id = w.user_id
            GROUP BY 1, 2, 3, 4
            """)
        let answer = reader.report("usage", ["by": .text("user")])
        #expect(answer.rows.count > 40)
        #expect(Set(answer.rows.map { "\($0)" }) == Set(expected.rows.map { "\($0)" }))
    }

    @Test func `rows up to a limit are given, and many of them together`() throws {
        for number in 1...9 as ClosedRange<UInt64> { try call(number, at: Int64(number) * Self.day, 1, 1) }
        #expect(reader.report("usage").bodies.count == 1)
        let cut = reader.ask(.report(name: "usage", arguments: [:]), limits: QueryLimits(rows: 4))
        #expect(cut.rows.count == 4 && cut.summary.code == .rowLimit && cut.summary.rows == 4)
        let control = QueryControl()
        control.cancel()
        #expect(
            reader.ask(.report(name: "usage", arguments: [:]), control: control).summary.code == .cancelled)
    }
}
