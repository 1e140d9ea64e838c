import Testing

@testable import TracewireCLI

@Suite("Which price holds")
struct PriceTableTests {
    /// A price of so many units for a million tokens of the prompt.
    private func price(_ units: Int64, _ model: String, _ provider: String? = nil, from: Int64? = nil) -> Price {
        let rate = Rate(nanos: units * 1_000_000_000)
        return Price(
            model: Price.Pattern(model), provider: provider, currency: "USD", input: rate, cachedInput: rate,
            output: rate,
            from: from, line: 1)
    }

    /// The units of the price that holds.
    private func units(_ layers: [[Price]], _ model: String, _ provider: String? = nil, day: Int64 = 0) -> Int64? {
        var table = PriceTable(layers)
        let first = table.price(model: model, provider: provider, day: day)
        #expect(table.price(model: model, provider: provider, day: day)?.input == first?.input)
        return first.map { $0.input.nanos / 1_000_000_000 }
    }

    @Test("the name as it is goes before a beginning, and a longer beginning before a shorter one")
    func names() {
        let prices = [price(2, "gpt-4o-*"), price(1, "gpt-4o"), price(3, "gpt-*"), price(4, "gpt-4o-mini-*")]
        #expect(units([prices], "gpt-4o") == 1)
        #expect(units([prices], "gpt-4o-2024-08-06") == 2)
        #expect(units([prices], "gpt-4o-mini-2024") == 4)
        #expect(units([prices], "gpt-4o-mini") == 2)
        #expect(units([prices], "gpt-5") == 3)
        #expect(units([prices], "GPT-4o") == nil)
        #expect(units([prices], "solar-pro") == nil)
        #expect(units([[price(9, "*")]], "solar-pro") == 9)
        // The same letters, composed in another way, are another name.
        #expect(units([[price(1, "\u{d64d}")]], "\u{1112}\u{1169}\u{11bc}") == nil)
    }

    @Test("a price holds from its day on, until the next one does")
    func dates() {
        let prices = [price(2, "m", from: 20), price(1, "m", from: 10), price(7, "m*")]
        for (day, expected) in [(9, 7), (10, 1), (19, 1), (20, 2), (1_000, 2)] as [(Int64, Int64)] {
            #expect(units([prices], "m", day: day) == expected)
        }
        #expect(units([[price(1, "m", from: 10)]], "m", day: 9) == nil)
    }

    @Test("a price of one provider is for its calls and for those that say none, and goes before one of all")
    func providers() {
        let prices = [price(1, "m"), price(2, "m", "openai")]
        #expect(units([prices], "m", "openai") == 2)
        #expect(units([prices], "m", "OpenAI") == 2)
        #expect(units([prices], "m", "azure") == 1)
        #expect(units([prices], "m") == 1)
        #expect(units([[price(2, "m", "openai")]], "m") == 2)
        #expect(units([[price(2, "m", "openai")]], "m", "azure") == nil)
        #expect(units([[price(2, "m", "openai")]], "m", "") == nil)
        // Of which it was is not guessed.
        #expect(units([[price(2, "m", "openai"), price(3, "m", "azure")]], "m") == nil)
        #expect(units([[price(2, "m", "openai"), price(3, "m*", "azure")]], "m") == 2)
    }

    @Test("a user's prices go before those of the program, where they hold")
    func layers() {
        let own = [price(5, "m*", from: 10)]
        #expect(units([own, [price(1, "m")]], "m", day: 10) == 5)
        #expect(units([own, [price(1, "m")]], "m", day: 9) == 1)
        #expect(units([own, [price(1, "other")]], "other") == 1)
    }

    @Test("amounts are exact, whatever is multiplied and added")
    func amounts() {
        #expect(Money(1, at: Rate(nanos: 1)).exact == "0.000000000000001")
        #expect(Money(3, at: Rate(nanos: 100_000_000)).exact == "0.0000003")
        #expect(Money(2_000_000, at: Rate(nanos: 1_500_000_000)).exact == "3")
        #expect(Money().exact == "0")
        #expect(Money(.max, at: Rate(nanos: 1_000_000_000_000_000)).exact == "9223372036854775807")
        // Ten times a tenth, which is no binary number.
        var sum = Money()
        for _ in 0..<10 { sum.add(Money(100_000, at: Rate(nanos: 1_000_000_000))) }
        #expect(sum.exact == "1" && sum == Money(1_000_000, at: Rate(nanos: 1_000_000_000)))
        for _ in 0..<5 { sum.add(Money(.max, at: Rate(nanos: 1_000_000_000_000_000))) }
        #expect(sum.exact == "46116860184273879036")
    }

    @Test(
        "amounts are rounded half up, and what is more than nothing is not shown as nothing",
        arguments: [
            (Int64(12_345_678), 2, "12.35"), (12_344_999, 2, "12.34"), (5_000, 2, "0.01"), (4_999, 2, "<0.01"),
            (0, 2, "0.00"),
            (1, 4, "<0.0001"), (99_999_999, 4, "100.0000"), (999_995_000, 2, "1000.00"), (50, 4, "0.0001"),
        ])
    func rounding(millionths: Int64, decimals: Int, expected: String) {
        #expect(Money(millionths, at: Rate(nanos: 1_000_000_000)).rounded(to: decimals) == expected)
    }
}
