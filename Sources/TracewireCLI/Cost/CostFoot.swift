/// What stands below a table of costs: of which time it is, by what prices, and what is missing in its sums.
struct CostFoot {
    /// Models without a price that are named.
    private static let mostNamed = 8

    let report: CostReport
    let files: PriceFiles
    let period: Range<Int64>
    /// Whether nobody said from when on.
    let isStandardPeriod: Bool

    /// The period and the prices.
    var facts: [String] {
        let why = isStandardPeriod ? ", the last \(CostCommand.standardDays) days unless --since says otherwise" : ""
        let prices =
            files.path.map { "\(Plural.of(files.count, "price")) from \($0), and where it has none list prices" }
            ?? "list prices, unless you name your own"
        return [
            "\(Moment.local(period.lowerBound)) to \(Moment.local(period.upperBound))\(why); days are UTC",
            "prices: \(prices); see 'tracewire cost --default-prices'",
        ]
    }

    /// Why the sums are less than what was spent; none if they are not.
    var gaps: [String] {
        var gaps: [String] = []
        let models = report.modelsWithoutPrice
        if !models.isEmpty {
            let named = models.prefix(Self.mostNamed).map(Self.shown)
            let rest = models.count - named.count
            gaps.append(
                "the sum is incomplete: no price held for \(named.joined(separator: "; "))"
                    + (rest > 0 ? "; and \(Plural.of(rest, "model")) more" : "")
                    + "; add them to \(files.path ?? "a file of prices") (tracewire cost --help)")
        }
        let calls = report.all.callsWithoutTokens
        if calls > 0 {
            let failed = report.all.failedWithoutTokens
            gaps.append(
                "the sum is incomplete: \(Plural.of(Int(calls), "call")) without token counts"
                    + (failed > 0 ? ", \(failed) of which failed" : ""))
        }
        return gaps
    }

    private static func shown(_ model: (key: CostReport.Key, sums: CostReport.Sums)) -> String {
        let tokens = Plural.of(Int(model.sums.tokens.total), "token")
        return "\(TerminalText.shown(model.key.name)), \(Plural.of(Int(model.sums.calls), "call")), \(tokens)"
    }

    func write(to output: Output) throws {
        for (sentences, style) in [(facts, Style.dim), (gaps, .yellow)] {
            for line in sentences.flatMap({ TerminalText.wrapped(TerminalText.shown($0), to: output.terminal.width) }) {
                try output.line(output.terminal.styled(line, style))
            }
        }
    }
}
