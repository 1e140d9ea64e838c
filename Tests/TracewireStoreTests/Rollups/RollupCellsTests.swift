import Testing

@testable import TracewireStore

struct RollupCellsTests {
    private func cells(_ noted: [(RollupKind, Int64?, RollupTokens?)]) -> RollupCells {
        var change = RollupChange()
        for (kind, value, tokens) in noted { change.update(kind) { $0.add(measured: value, tokens, times: 1) } }
        var cells = RollupCells()
        _ = cells.apply(change)
        return cells
    }

    private func decoded(_ bytes: [UInt8]) -> RollupCells? {
        bytes.withUnsafeBytes { RollupCells($0) }
    }

    private func tokens(_ prompt: Int64?, _ completion: Int64?) -> RollupTokens {
        var tokens = RollupTokens()
        tokens.prompt.add(prompt, times: 1)
        tokens.completion.add(completion, times: 1)
        return tokens
    }

    private var examples: [RollupCells] {
        [
            cells([]), cells([(.running, nil, nil)]), cells([(.completed, 5, nil)]),
            cells([(.completed, 5, nil), (.completed, 9_000, nil), (.completed, nil, nil), (.failed, 0, nil)]),
            cells([
                (.failedCall, .max, tokens(1, nil)), (.call, .max, tokens(.max, 2)), (.call, .max, tokens(.max, nil)),
            ]),
            cells([(.user, nil, nil), (.pending, nil, nil), (.skipped, nil, nil), (.cancelled, 7, nil)]),
        ]
    }

    @Test func `their bytes say the same again`() {
        for cells in examples { #expect(decoded(cells.encoded) == cells) }
    }

    @Test func `one value alone needs neither extremes nor a histogram`() {
        #expect(cells([(.completed, 5, nil)]).encoded.count == 3)
    }

    @Test func `sums are wider than the values`() {
        let cell = examples[4].sum(RollupKind.call.bit)
        #expect(cell.measured.sum == 2 * Int128(Int64.max))
        #expect(cell.tokens.prompt.sum == 2 * Int128(Int64.max))
        #expect(cell.tokens.completion == RollupSum(count: 1, sum: 2))
    }

    @Test func `what comes and goes leaves nothing`() {
        var cells = examples[3]
        var change = RollupChange()
        for value in [5, 9_000, nil] as [Int64?] {
            change.update(.completed) { $0.add(measured: value, nil, times: -1) }
        }
        change.update(.failed) { $0.add(measured: 0, nil, times: -1) }
        #expect(cells.apply(change) == [])
        #expect(cells.isEmpty)
    }

    @Test(
        arguments: [
            // What is there, what goes, whether it has to be looked for what is left, and that.
            ([500, 700, 900], 900, true, nil), ([500, 700, 900], 500, true, nil),
            ([500, 700, 900], 700, false, 500...900),
            ([500, 900], 500, false, 900...900), ([5, 7, 900], 5, false, 7...900), ([5, 7, 900], 900, false, 5...7),
            ([5, 5, 5], 5, false, 5...5), ([0, 127, 128], 0, false, 127...128), ([3, 128, 129], 129, true, nil),
        ] as [([Int64], Int64, Bool, ClosedRange<Int64>?)])
    func `when the least or the greatest goes, small values and the last are known, and others looked for`(
        values: [Int64], removed: Int64, isLost: Bool, left: ClosedRange<Int64>?
    ) {
        var cells = cells(values.map { (.completed, $0, nil) })
        var change = RollupChange()
        change.update(.completed) { $0.add(measured: removed, nil, times: -1) }
        #expect(cells.apply(change) == (isLost ? [.completed] : []))
        if let left { #expect(cells.sum(RollupKind.completed.bit).extremes == left) }
    }

    @Test func `only what may be wider is equal although it is, and nothing is that is narrower`() {
        let exact = cells([(.completed, 500, nil), (.completed, 900, nil), (.failed, 500, nil), (.failed, 900, nil)])
        let both = RollupKind.bits([.completed, .failed])
        for (range, isEqual) in [(400...900, true), (500...901, true), (501...1_000, false), (400...899, false)] {
            var wider = exact
            wider.update(.completed) { $0.extremes = Int64(range.lowerBound)...Int64(range.upperBound) }
            #expect(wider.equal(exact, butWiderIn: both) == isEqual)
            #expect(wider.equal(exact, butWiderIn: RollupKind.completed.bit) == isEqual)
            #expect(!wider.equal(exact, butWiderIn: RollupKind.failed.bit))
            #expect(!wider.equal(exact, butWiderIn: 0))
        }
        var more = exact
        more.update(.completed) { $0.count += 1 }
        #expect(!more.equal(exact, butWiderIn: both))
        #expect(exact.equal(exact, butWiderIn: both) && exact.equal(exact, butWiderIn: 0))
    }

    @Test func `many together are the sum of all, and one is itself`() {
        var sum = RollupCells()
        for cells in examples { sum.add(cells) }
        let merge = RollupMerge()
        examples[3].encoded.withUnsafeBytes { merge.add($0) }
        #expect(merge.encoded == examples[3].encoded)
        for cells in examples where cells != examples[3] { cells.encoded.withUnsafeBytes { merge.add($0) } }
        #expect(merge.encoded == sum.encoded)
        for _ in 0..<20 {
            for cells in examples {
                sum.add(cells)
                cells.encoded.withUnsafeBytes { merge.add($0) }
            }
        }
        #expect(merge.encoded == sum.encoded)
    }

    @Test func `counts are told without the cells, too`() {
        for cells in examples {
            for kinds in [0, RollupKind.bits([.completed]), RollupKind.bits([.running, .call, .failed]), -1] {
                let bytes = cells.encoded
                #expect(bytes.withUnsafeBytes { RollupCells.count(kinds, in: $0) } == cells.count(kinds))
            }
        }
    }

    @Test func `any bytes are cells or none, and can be merged and asked without end`() {
        var generator = SeededGenerator(seed: 3)
        for round in 0..<5_000 {
            var bytes = examples[round % examples.count].encoded
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let byte = [UInt8.random(in: 0...255, using: &generator), 0xff][round % 2]
                let place = Int.random(in: 0...bytes.count, using: &generator)
                if place == bytes.count || Bool.random(using: &generator) {
                    bytes.insert(byte, at: place)
                } else {
                    bytes[place] = byte
                }
            }
            let count = bytes.withUnsafeBytes { RollupCells.count(-1, in: $0) }
            guard var cells = decoded(bytes) else { continue }
            #expect(count == cells.count(-1))
            for _ in 0..<3 { cells.add(cells) }
            _ = cells.encoded
            _ = cells.sum(-1).histogram.percentiles([99])
            let merge = RollupMerge()
            for _ in 0..<2 { bytes.withUnsafeBytes { merge.add($0) } }
            _ = merge.encoded
        }
    }
}

extension RollupCells {
    /// One cell after the other: what ``RollupMerge`` has to give.
    fileprivate mutating func add(_ other: RollupCells) {
        for cell in other.cells { update(cell.kind) { $0.add(cell) } }
    }
}
