/// How wide a table's columns are so that its lines fit a terminal.
///
/// Texts are narrowed, the widest first, down to what each has to keep. Numbers and times are never narrowed. If that is not
/// enough, columns are left out, those of the highest rank first, and among equals from the right; the first always
/// stays, narrowed to the terminal if it must be.
struct ColumnFit {
    /// What is known of a column before it is fitted.
    struct Column {
        /// What it takes whole.
        let width: Int
        /// What it has to keep.
        let narrowest: Int
        /// How soon it is left out: the highest first.
        var rank = 0
    }

    /// The places of the columns that are shown.
    private(set) var shown: [Int]
    /// Of the columns that are shown.
    private(set) var widths: [Int] = []
    private let columns: [Column]
    private let gap: Int

    /// - Parameter limit: the terminal's width; `nil` where there is none, and everything stays as it is.
    init(_ columns: [Column], limit: Int?, gap: Int) {
        self.columns = columns
        self.gap = gap
        shown = Array(columns.indices)
        if let limit { leaveOut(limit) }
        widths = shown.map { columns[$0].width }
        if let limit { narrow(limit) }
    }

    private func total(_ widths: [Int]) -> Int {
        widths.reduce(0, +) + gap * max(0, widths.count - 1)
    }

    private mutating func leaveOut(_ limit: Int) {
        while total(shown.map { columns[$0].narrowest }) > limit,
            let least = shown.dropFirst().max(by: { (columns[$0].rank, $0) < (columns[$1].rank, $1) })
        {
            shown.removeAll { $0 == least }
        }
    }

    private mutating func narrow(_ limit: Int) {
        let narrowest = shown.map { columns[$0].narrowest }
        for place in widths.indices { widths[place] = min(widths[place], max(limit, narrowest[place])) }
        while total(widths) > limit {
            let narrowable = widths.indices.filter { widths[$0] > narrowest[$0] }
            guard let widest = narrowable.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
        }
        if widths.count == 1 { widths[0] = min(widths[0], limit) }
    }
}
