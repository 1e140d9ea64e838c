import Testing

@testable import TracewireCLI

@Suite("Files of prices")
struct PriceReadingTests {
    private func prices(_ text: String) throws -> [Price] {
        try PriceReading.prices(Array(text.utf8), from: "p.toml")
    }

    private static let whole = """
        [[price]]
        model = "m"
        currency = "USD"
        input = 1
        output = 2
        """

    @Test("what the format allows is read: comments, both kinds of texts, carriage returns, any order of keys")
    func accepted() throws {
        let text = """
            # of ours\r
            \t
              [[price]] # one
            output = 10.00 # for a million
            input=2.5
            model\t= 'gpt\\4o#*'
            currency = "KRW"
            cached_input = 0
            from = 2026-02-28
            provider = "Open#AI" # "quoted"
            source = "a list"
            [[price]]
            model = "m"
            currency = "USD"
            input = 0.000000001
            output = 1000000
            """
        let read = try prices(text)
        #expect(read.count == 2 && read[0].line == 3 && read[1].line == 12)
        #expect(read[0].model == Price.Pattern("gpt\\4o#*") && read[0].model.isPrefix)
        #expect(read[0].provider == "open#ai" && read[0].currency == "KRW" && read[0].from == 20_512)
        #expect(
            [read[0].input, read[0].cachedInput, read[0].output].map(\.nanos) == [2_500_000_000, 0, 10_000_000_000])
        #expect(read[1].provider == nil && read[1].from == nil && read[1].cachedInput == read[1].input)
        #expect(read[1].input.nanos == 1 && read[1].output.nanos == 1_000_000_000_000_000)
        #expect(try prices("").isEmpty && prices("# nothing").isEmpty)
    }

    @Test(
        "what is wrong is named with its line, and what to do",
        arguments: [
            ("model = \"m\"", 1, "write [[price]] above it"), ("[price]", 1, "[[price]]"),
            ("[[prices]]", 1, "[[price]]"),
            ("[[price]] x", 1, "[[price]]"), ("[[price]]\nmodel \"m\"", 2, "a key, = and a value"),
            ("[[price]]\n= 1", 2, "a key, = and a value"), ("[[price]]\nmodel =", 2, "no value"),
            ("[[price]]\nmodel = # m", 2, "no value"), ("[[price]]\nmodel = \"m", 2, "does not end"),
            ("[[price]]\nmodel = \"m\" \"n\"", 2, "behind the value of model"),
            ("[[price]]\nmodel = \"m\\\"\"", 2, "'single' quotation marks"),
            ("[[price]]\nmodel = \"\"", 2, "not an empty one"), ("[[price]]\nmodel = 5", 2, "quotation marks"),
            ("[[price]]\nmodel = \"m\" # \u{1}", 2, "control character"),
            ("[[price]]\nmodel = \"a*b\"\ncurrency = \"USD\"\ninput = 1\noutput = 1", 2, "at the end of a model"),
            ("[[price]]\nmodle = \"m\"", 2, "a price has no 'modle'; it has model, provider"),
            ("[[price]]\ninput = 1\ninput = 1", 3, "a second 'input'"),
            ("\n[[price]]\nmodel = \"m\"\ncurrency = \"USD\"\noutput = 1\n", 2, "has no 'input': add it"),
            ("[[price]]\nmodel = \"m\"\ncurrency = \"USD\"\ninput = 1", 1, "has no 'output'"),
            ("[[price]]\nmodel = \"m\"\ninput = 1\noutput = 1", 1, "has no 'currency'"),
            ("[[price]]\n[[price]]", 1, "has no 'model'"),
            ("[[price]]\ncurrency = \"USD\"\ninput = 1\noutput = 1", 1, "has no 'model'"),
            (whole + "\nfrom = \"2026-01-01\"", 6, "a day, such as 2026-11-01"),
            (whole + "\nfrom = 2026-02-30", 6, "a day"), (whole + "\nfrom = 2026-1-1", 6, "a day"),
            (whole + "\nfrom = 2026-01-01T00:00:00", 6, "a day"), (whole + "\nfrom = 7d", 6, "a day"),
            (whole + "\n" + whole, 6, "the price in line 1 is of the same model, provider and date"),
        ])
    func faults(text: String, line: Int, message: String) {
        let failure = #expect(throws: CommandFailure.self) { try prices(text) }
        #expect(failure?.exit == .usage)
        #expect(failure?.message.hasPrefix("p.toml, line \(line): ") == true, "\(failure?.message ?? "")")
        #expect(failure?.message.contains(message) == true, "\(failure?.message ?? "")")
    }

    @Test(
        "a price is a plain decimal number",
        arguments: [
            "-1", "+1", "1.", ".5", "01", "1_000", "1e3", "\"1\"", "1,5", "0.0000000001", "1000000.1", "1000001", "inf",
            "nan",
            "99999999999999999999", "0x1", "١",
        ])
    func numbers(text: String) {
        let failure = #expect(throws: CommandFailure.self) {
            try prices(Self.whole.replacing("input = 1", with: "input = \(text)"))
        }
        #expect(failure?.message.contains("p.toml, line 4: input is a number from 0 to 1000000") == true)
    }

    @Test(
        "a currency is three capital letters", arguments: ["usd", "US", "EURO", "€", "U D"])
    func currencies(text: String) {
        let failure = #expect(throws: CommandFailure.self) { try prices(Self.whole.replacing("USD", with: text)) }
        #expect(failure?.message.contains("p.toml, line 3: currency is its three capital letters") == true)
    }

    @Test("bytes that are no UTF-8 are said to be that")
    func encoding() {
        let failure = #expect(throws: CommandFailure.self) { try PriceReading.prices([0x23, 0xff], from: "p.toml") }
        #expect(failure?.message == "p.toml is no text in UTF-8: save it as that")
    }

    @Test("the prices that are compiled in are those of the file, and each says where it is from")
    func standard() throws {
        let file = try Paths.page("Sources/TracewireCLI/Cost/prices.toml")
        #expect(Array(file.utf8) == PriceFiles.standardText)
        let read = try prices(file)
        #expect(read.count > 20)
        #expect(file.matches(of: /\nsource = "https:\/\/\S+ (of|in) \d{4}/).count == read.count)
        for (model, provider) in [("gpt-4o", "openai"), ("gpt-4o-mini", "openai"), ("claude-sonnet-4", "anthropic")] {
            #expect(read.contains { $0.model.matches(model) && $0.provider == provider })
        }
    }
}
