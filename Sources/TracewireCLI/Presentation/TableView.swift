internal import TracewireProtocol

/// Which columns of an answer a table shows, and how.
struct TableView: Sendable {
    struct Item: Sendable {
        let title: String
        /// Columns of a terminal that a text keeps, unless it is shorter: less says nothing.
        var narrowest = 10
        /// Which columns a narrow terminal goes without first: those of the highest rank, among equals from the right.
        var rank = 0
        let cell: @Sendable (AnswerRow) -> Cell
    }

    private enum Content: Sendable {
        /// Every column as it is stored, with NULL spelled out.
        case everything
        case items([Item])
    }

    private let content: Content
    /// What stands in place of a table without rows; `nil` for its head alone.
    let emptySentence: String?

    /// All that the answer has.
    static let everything = TableView(content: .everything)

    private init(content: Content) {
        self.content = content
        emptySentence = nil
    }

    /// - Parameter empty: what is said where there is no row.
    init(_ items: [Item], empty: String) {
        content = .items(items)
        emptySentence = empty
    }

    /// What is shown of an answer with those columns.
    func items(for columns: AnswerColumns) -> [Item] {
        switch content {
        case .items(let items): items
        case .everything:
            columns.columns.enumerated().map { place, column in
                Item(title: column.name) { row in
                    Cell(place < row.values.count ? row.values[place] : .null, .plain, null: "NULL")
                }
            }
        }
    }
}

extension TableView.Item {
    /// The column of that name, in that style.
    static func column(
        _ name: String, _ title: String, _ style: Cell.Format = .plain, rank: Int = 0, narrowest: Int = 10
    ) -> TableView.Item {
        TableView.Item(title: title, narrowest: narrowest, rank: rank) { Cell($0[name], style) }
    }

    /// What share one column is of another; nothing where the other is 0.
    static func share(_ part: String, of whole: String, _ title: String, rank: Int = 0) -> TableView.Item {
        TableView.Item(title: title, rank: rank) { row in
            guard let part = row.integer(part), let whole = row.integer(whole), whole > 0 else { return .empty }
            return Cell(.real(Double(part) / Double(whole)), .share)
        }
    }
}
