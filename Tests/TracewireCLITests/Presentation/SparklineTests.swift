import Testing
import TracewireProtocol

@testable import TracewireCLI

@Suite("Bars over time")
struct SparklineTests {
    @Test(
        "the highest count is a whole bar, none is a space, and the least is a bar all the same",
        arguments: [
            ([0, 1, 2, 3, 4, 5, 6, 7, 8], " ▁▂▃▄▅▆▇█"), ([1, 1_000_000], "▁█"), ([5, 5], "██"), ([0, 0], "  "),
            ([], ""),
            ([.max, .max / 2, 1], "█▄▁"), ([9, 1], "█▁"), ([-1, 1], " █"),
        ] as [([Int64], String)])
    func bars(counts: [Int64], expected: String) {
        #expect(Sparkline.text(counts) == expected)
    }

    private func row(_ name: String?, _ period: Int64, _ calls: Int64) -> AnswerRow {
        let columns = AnswerColumns(["name", "period", "calls"].map { Column(name: $0, declaredType: "") })
        return AnswerRow(columns, [name.map(Value.text) ?? .null, .integer(period), .integer(calls)])
    }

    @Test("periods are whole ones, and each has its place")
    func places() {
        let hour: Int64 = 3_600_000
        var series = Series(10 * hour + 1..<13 * hour - 1, by: .hour, keys: ["name"], column: "calls", width: nil)
        #expect(series.range == 10 * hour..<13 * hour && series.periodsPerBar == 1)
        for (name, period, calls) in [("a", 10, 1), ("a", 12, 8), (nil, 11, 3), ("a", 9, 7), ("a", 13, 7)]
            as [(String?, Int64, Int64)]
        { series.add(row(name, period * hour, calls)) }
        #expect(series.sparkline(of: row("a", 0, 0)) == "▁ █")
        #expect(series.sparkline(of: row(nil, 0, 0)) == " █ ")
        #expect(series.sparkline(of: row("b", 0, 0)) == "   ")
    }

    @Test(
        "where there is no room for all, neighbours are one", arguments: [(30, 1), (29, 2), (15, 2), (14, 3), (1, 30)])
    func narrow(width: Int, periods: Int) {
        let day: Int64 = 86_400_000
        var series = Series(0..<30 * day, by: .day, keys: ["name"], column: "calls", width: width)
        for place in 0..<30 { series.add(row("a", Int64(place) * day, 1)) }
        #expect(series.periodsPerBar == periods)
        let bars = series.sparkline(of: row("a", 0, 0))
        #expect(bars.count == (30 + periods - 1) / periods && bars.count <= width)
        #expect(bars.dropLast().allSatisfy { $0 == "█" })
    }

    @Test("names are told apart by their bytes")
    func names() {
        var series = Series(0..<2, by: .hour, keys: ["name"], column: "calls", width: nil)
        series.add(row("\u{d64d}", 0, 1))
        #expect(series.sparkline(of: row("\u{1112}\u{1169}\u{11bc}", 0, 0)) == " ")
    }
}
