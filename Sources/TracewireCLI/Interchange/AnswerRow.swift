internal import TracewireProtocol

/// The columns of an answer by name. A column that is not there reads as NULL: an older collector may lack it.
struct AnswerColumns {
    let columns: [Column]
    private let places: [String: Int]

    init(_ columns: [Column]) {
        self.columns = columns
        places = Dictionary(zip(columns.map(\.name), columns.indices), uniquingKeysWith: { first, _ in first })
    }

    func place(of name: String) -> Int? { places[name] }

    /// Whether a column holds JSON.
    func isJSON(_ name: String) -> Bool { places[name].map { columns[$0].isJSON } ?? false }
}

extension Column {
    /// Whether it is declared to hold JSON.
    var isJSON: Bool { declaredType.uppercased().contains("JSON") }
}

/// A row of an answer, its values read by their columns' names.
struct AnswerRow {
    let columns: AnswerColumns
    let values: [Value]

    init(_ columns: AnswerColumns, _ values: [Value]) {
        self.columns = columns
        self.values = values
    }

    subscript(name: String) -> Value {
        guard let place = columns.place(of: name), place < values.count else { return .null }
        return values[place]
    }

    func text(_ name: String) -> String? {
        if case .text(let value) = self[name] { value } else { nil }
    }

    func integer(_ name: String) -> Int64? {
        if case .integer(let value) = self[name] { value } else { nil }
    }

    /// A number, be it stored as an integer or not.
    func double(_ name: String) -> Double? {
        switch self[name] {
        case .real(let value): value
        case .integer(let value): Double(value)
        default: nil
        }
    }

    func status(_ name: String = "status") -> Status? {
        text(name).flatMap { Status(name: $0) }
    }
}
