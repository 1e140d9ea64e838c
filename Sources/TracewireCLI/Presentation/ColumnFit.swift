/// How wide a table's columns are so that its lines fit a terminal.
///
/// Texts are narrowed, the widest first, down to what each has to keep. Numbers and times are never narrowed. If that is not
/// enough, columns are left out from the right; the first always stays, narrowed to the terminal if it must be.
struct ColumnFit {
    /// Of the columns that are shown.
    private(set) var widths: [Int]
    private let narrowest: [Int]
    private let gap: Int

    /// - Parameters:
    ///   - widths: what each column takes whole.
    ///   - narrowest: what each has to keep.
    ///   - limit: the terminal's width; `nil` where there is none, and everything stays as it is.
    init(_ widths: [Int], narrowest: [Int], limit: Int?, gap: Int) {
        self.widths = widths
        self.narrowest = narrowest
        self.gap = gap
        guard let limit else { return }
        leaveOut(limit)
        narrow(limit)
    }

    private func total(_ widths: some Collection<Int>) -> Int {
        widths.reduce(0, +) + gap * max(0, widths.count - 1)
    }

    private mutating func leaveOut(_ limit: Int) {
        var count = widths.count
        while count > 1, total(narrowest[..<count]) > limit { count -= 1 }
        widths = Array(widths[..<count])
    }

    private mutating func narrow(_ limit: Int) {
        for column in widths.indices { widths[column] = min(widths[column], max(limit, narrowest[column])) }
        while total(widths) > limit {
            let narrowable = widths.indices.filter { widths[$0] > narrowest[$0] }
            guard let widest = narrowable.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
        }
        if widths.count == 1 { widths[0] = min(widths[0], limit) }
    }
}
