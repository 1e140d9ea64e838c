import Testing

@testable import TracewireStore

struct HistogramTests {
    private func histogram(_ values: some Sequence<Int64>) -> Histogram {
        var histogram = Histogram()
        histogram.add(values.map { Histogram.Bucket(number: Histogram.bucket(of: $0), count: 1) })
        return histogram
    }

    private func bytes(_ histogram: Histogram) -> [UInt8] {
        var bytes: [UInt8] = []
        histogram.encode(into: &bytes)
        return bytes
    }

    /// Values of all sizes.
    private func values(_ count: Int, seed: UInt64 = 7) -> [Int64] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { _ in
            Int64.random(in: 0...Int64.max, using: &generator) >> Int64.random(in: 0..<63, using: &generator)
        }
    }

    @Test func `a bucket's middle is within a hundred-and-twenty-eighth of every value in it, and exact below 128`() {
        let wrong = (Array(0..<128) + values(10_000)).filter { value in
            let middle = Histogram.middle(of: Histogram.bucket(of: value))
            return value < 128 ? middle != value : abs(middle - value) > value / 128
        }
        #expect(wrong == [])
    }

    @Test func `buckets follow one another without gaps up to the largest integer`() {
        let wrong = (1...Histogram.lastNumber).filter { number in
            let middle = Histogram.middle(of: number)
            return Histogram.bucket(of: middle) != number || Histogram.middle(of: number - 1) >= middle
        }
        #expect(wrong == [])
        #expect(Histogram.bucket(of: .max) == Histogram.lastNumber)
    }

    @Test(arguments: [1, 2, 10, 99, 1_000])
    func `a percentile is that of nearest rank, to within one percent`(count: Int) {
        let values = values(count, seed: UInt64(count)).sorted()
        let percents: [Int64] = [50, 90, 95, 99, 100]
        let told = histogram(values).percentiles(percents)
        #expect(told.count == percents.count)
        for (percent, told) in zip(percents, told) {
            let exact = values[max(1, (count * Int(percent) + 99) / 100) - 1]
            #expect(abs(told - exact) <= exact / 100)
        }
    }

    @Test func `no values have no percentile`() {
        #expect(Histogram().percentiles([50]).isEmpty)
    }

    @Test func `histograms merge to that of all values, in whatever order, to the same bytes`() {
        let values = values(500)
        let all = histogram(values)
        var merged = histogram(values.prefix(100))
        merged.add(histogram(values.dropFirst(300)))
        merged.add(histogram(values[100..<300]))
        #expect(merged == all)
        #expect(bytes(merged) == bytes(histogram(values.reversed())))
    }

    @Test func `what is taken away is gone, and nothing falls below zero`() {
        let values = values(100)
        var rest = histogram(values)
        rest.add(values.prefix(60).map { Histogram.Bucket(number: Histogram.bucket(of: $0), count: -1) })
        #expect(rest == histogram(values.dropFirst(60)))
        rest.add([Histogram.Bucket(number: 3_711, count: -5)])
        #expect(rest == histogram(values.dropFirst(60)))
    }

    @Test func `its bytes say the same again, with counts of all sizes`() {
        var histogram = histogram(values(300))
        histogram.add(
            [1, 6, 7, 8, 9, 127, 128, 1 << 40].enumerated().map {
                Histogram.Bucket(number: $0.offset * 9, count: $0.element)
            })
        let bytes = bytes(histogram)
        let count = histogram.buckets.reduce(0) { $0 + $1.count }
        bytes.withUnsafeBytes { bytes in
            var reader = VarintReader(bytes)
            #expect(Histogram(count: count, &reader) == histogram)
            #expect(reader.isAtEnd)
            var again = VarintReader(bytes)
            #expect(Histogram(count: count + 1, &again) == nil)
        }
    }

    @Test func `a thousand durations of one node take less than a byte and a half each bucket`() {
        var generator = SeededGenerator(seed: 1)
        let histogram = histogram((0..<1_000).map { _ in Int64.random(in: 150..<8_000, using: &generator) })
        #expect(bytes(histogram).count < histogram.buckets.count * 3 / 2)
    }
}
