internal import TracewireProtocol

/// A ``CostReport`` as rows.
struct CostOutput {
    private let report: CostReport

    init(_ report: CostReport) {
        self.report = report
    }

    private var keyColumns: [Column] {
        let names =
            switch report.grouping {
            case .model: ["model_name", "model_provider"]
            case .user: ["user"]
            case .name: ["workflow_name"]
            case .day: ["day"]
            }
        return names.map { Column(name: $0, declaredType: "TEXT") }
    }

    /// An amount is a text, because a binary number would not be exact; its currency stands behind it.
    var columns: AnswerColumns {
        AnswerColumns(
            keyColumns
                + ["calls", "calls_without_tokens", "failed_without_tokens", "uncached_tokens", "cached_tokens"].map {
                    Column(name: $0, declaredType: "INTEGER")
                } + [
                    Column(name: "completion_tokens", declaredType: "INTEGER"),
                    Column(name: "cost", declaredType: "TEXT"),
                    Column(name: "currency", declaredType: "TEXT"), Column(name: "share", declaredType: "REAL"),
                ])
    }

    func write(to output: any RowOutput) throws {
        var output = output
        try output.begin(columns)
        for (key, sums) in report.rows { try output.row(keyValues(key) + values(sums, currency: key.currency)) }
        try output.end()
    }

    /// The rows, and below them the sum of each currency.
    func writeTable(to output: Output) throws {
        var table = TableOutput(output, view: view)
        let more = [Column(name: "amount", declaredType: "TEXT"), Column(name: "is_sum", declaredType: "INTEGER")]
        try table.begin(AnswerColumns(columns.columns + more))
        for (key, sums) in report.rows {
            let amount = key.currency == nil ? Value.null : .text(amount(sums))
            try table.row(keyValues(key) + values(sums, currency: key.currency) + [amount, .integer(0)])
        }
        for (currency, sums) in report.totals.sorted(by: { $0.key < $1.key }) {
            let key = [.text("total")] + Array(repeating: Value.null, count: keyColumns.count - 1)
            try table.row(key + values(sums, currency: currency) + [.text(amount(sums)), .integer(1)])
        }
        try table.end()
    }

    /// Cents are enough where there are many.
    private func amount(_ sums: CostReport.Sums) -> String {
        let hundred = Money(100_000_000, at: Rate(nanos: 1_000_000_000))
        return sums.cost.rounded(to: report.totals.values.contains { $0.cost >= hundred } ? 2 : 4)
    }

    private func keyValues(_ key: CostReport.Key) -> [Value] {
        let text = key.text.map { Value.text($0.text) } ?? .null
        switch report.grouping {
        case .model: return [text, key.provider.map { .text($0.text) } ?? .null]
        case .user, .name: return [text]
        case .day: return [.text(Moment.day(key.day))]
        }
    }

    private func values(_ sums: CostReport.Sums, currency: String?) -> [Value] {
        let share = currency.flatMap { report.totals[$0] }.flatMap { sums.cost.share(of: $0.cost) }
        return [
            .integer(sums.calls), .integer(sums.callsWithoutTokens), .integer(sums.failedWithoutTokens),
            .integer(sums.tokens.uncached), .integer(sums.tokens.cached), .integer(sums.tokens.completion),
            currency == nil ? .null : .text(sums.cost.exact), currency.map(Value.text) ?? .null,
            share.map(Value.real) ?? .null,
        ]
    }
}

// For people.
extension CostOutput {
    private var view: TableView {
        TableView(
            keyItems + [
                item("CALLS", rank: 2) { Cell($0["calls"]) }, item("INPUT", rank: 3) { Cell($0["uncached_tokens"]) },
                item("CACHED", rank: 4) { Cell($0["cached_tokens"]) },
                item("OUTPUT", rank: 3) { Cell($0["completion_tokens"]) },
                item("COST") { row in
                    row.text("amount").map { Cell($0, isNumber: true) }
                        ?? Cell("no price", isNumber: true, style: .yellow)
                },
                item("CURRENCY") { Cell($0["currency"]) }, item("SHARE", rank: 1) { Cell($0["share"], .share) },
            ], empty: "no calls of models")
    }

    private var keyItems: [TableView.Item] {
        switch report.grouping {
        case .model:
            [item("MODEL") { Cell($0["model_name"]) }, item("PROVIDER", rank: 5) { Cell($0["model_provider"]) }]
        case .user: [item("USER") { Cell($0["user"], null: "nobody") }]
        case .name: [item("NAME") { Cell($0["workflow_name"]) }]
        case .day: [item("DAY") { Cell($0["day"]) }]
        }
    }

    /// A column whose cells stand out in the sums.
    private func item(
        _ title: String, rank: Int = 0, _ cell: @escaping @Sendable (AnswerRow) -> Cell
    ) -> TableView.Item {
        TableView.Item(title: title, rank: rank) { row in
            var cell = cell(row)
            if row.integer("is_sum") == 1 { cell.style = .bold }
            return cell
        }
    }
}
