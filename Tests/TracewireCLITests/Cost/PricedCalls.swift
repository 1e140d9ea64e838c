/// Calls and prices whose costs were computed by hand.
enum PricedCalls {
    static let prices = """
        [[price]]
        model = "alpha"
        provider = "p"
        currency = "USD"
        input = 2
        cached_input = 0.5
        output = 10
        from = 2026-01-01

        [[price]]
        model = "alpha"
        provider = "p"
        currency = "USD"
        input = 1
        output = 4
        from = 2026-02-01

        [[price]]
        model = "beta*"
        currency = "KRW"
        input = 1000
        output = 3000
        """

    /// By what they are grouped by: the rows as CSV.
    ///
    /// - 600,000 × 2 + 400,000 × 0.5 + 100,000 × 10 for a million are 2.4 USD, in the last millisecond of January.
    /// - 600,000 × 1 + 400,000 × 1 + 100,000 × 4 are 1.4 USD, in the first of February. Beside it is a call without counts.
    /// - 1,234 × 1,000 + 567 × 3,000 are 2.935 KRW.
    /// - Before January alpha has no price, and gamma never has one.
    static let costs = [
        "model": [
            "beta,,1,0,0,1234,0,567,2.935,KRW,1.0", "alpha,p,3,1,1,1200000,800000,200000,3.8,USD,1.0",
            "gamma,,2,1,0,10,0,5,,,", "alpha,p,1,0,0,2,0,1,,,",
        ],
        "user": [
            ",1,0,0,1234,0,567,2.935,KRW,1.0", "mina,3,1,1,1200000,800000,200000,3.8,USD,1.0", ",1,0,0,10,0,5,,,",
            "mina,2,1,0,2,0,1,,,",
        ],
        "name": [
            "other,1,0,0,1234,0,567,2.935,KRW,1.0", "date_course,3,1,1,1200000,800000,200000,3.8,USD,1.0",
            "other,1,0,0,10,0,5,,,", "date_course,2,1,0,2,0,1,,,",
        ],
        "day": [
            "2025-12-31,1,0,0,2,0,1,,,", "2026-01-31,1,0,0,600000,400000,100000,2.4,USD,0.631578947368421",
            "2026-02-01,1,0,0,1234,0,567,2.935,KRW,1.0",
            "2026-02-01,2,1,1,600000,400000,100000,1.4,USD,0.3684210526315789", "2026-02-01,2,1,0,10,0,5,,,",
        ],
    ]

    static let events = [
        #"{"event":"user","username":"mina","at_ms":1767139200000}"#,
        #"{"event":"workflow.start","workflow":"\#(first)","name":"date_course","username":"mina","at_ms":1767139200000}"#,
        #"{"event":"workflow.start","workflow":"\#(second)","name":"other","at_ms":1767139200000}"#,
        // 2025-12-31 23:59:59.999 UTC
        call(1, first, 1_767_225_599_999, "alpha", #""model_provider":"p","prompt_tokens":2,"completion_tokens":1"#),
        // 2026-01-31 23:59:59.999
        call(2, first, 1_769_903_999_999, "alpha", million),
        // 2026-02-01 00:00:00
        call(3, first, 1_769_904_000_000, "alpha", million),
        call(4, first, 1_769_904_000_000, "alpha", #""model_provider":"p","error_message":"refused""#),
        call(5, second, 1_769_904_000_001, "beta", #""prompt_tokens":1234,"total_tokens":1801"#),
        call(6, second, 1_769_904_000_002, "gamma", #""prompt_tokens":10,"completion_tokens":5"#),
        call(7, first, 1_769_904_000_003, "gamma", #""temperature":0"#),
    ]

    private static let first = "0199c8aa-0000-7000-8000-000000000001"
    private static let second = "0199c8aa-0000-7000-8000-000000000002"
    private static let million =
        #""model_provider":"p","prompt_tokens":1000000,"completion_tokens":100000,"#
        + #""metadata":{"prompt_tokens_details":{"cached_tokens":400000}}"#

    private static func call(_ number: Int, _ workflow: String, _ at: Int, _ model: String, _ more: String) -> String {
        #"{"event":"generation","generation":"0199c8aa-0002-7000-9000-00000000000\#(number)","workflow":"\#(workflow)","#
            + #""model_name":"\#(model)",\#(more),"at_ms":\#(at)}"#
    }
}

extension CollectorProcess {
    /// A collector that holds the calls, with the prices in its directory.
    static func withCalls() async throws -> CollectorProcess {
        let directory = try TestDirectory()
        _ = try directory.write(PricedCalls.prices, to: "prices.toml")
        let collector = try await CollectorProcess(directory: directory)
        let imported = try await collector.run("import", "-", input: PricedCalls.events.joined(separator: "\n") + "\n")
        guard imported.exit == 0 else { throw SampleFailure(errors: imported.errors) }
        return collector
    }

    /// The program with these prices.
    var pricing: Program { program.with("TRACEWIRE_PRICES", directory.file("prices.toml")) }
}
