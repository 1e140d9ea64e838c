internal import TracewireProtocol

/// Which columns of an answer a table shows, and how.
struct TableView {
    enum Style {
        /// As it is stored.
        case plain
        /// Milliseconds since 1970, as local time.
        case time
        /// Milliseconds, as a length of time.
        case duration
        /// 0 to 1, as per cent.
        case share
        /// A status, coloured by what it means.
        case status
        /// A number with at most one decimal.
        case average
        /// Bytes, in the unit that fits.
        case bytes
    }

    struct Item {
        let column: String
        let title: String
        var style = Style.plain
    }

    /// `nil` for every column as it is stored, with NULL spelled out.
    let items: [Item]?

    /// All that the answer has.
    static let everything = TableView(items: nil)

    init(items: [Item]?) {
        self.items = items
    }

    init(_ items: (column: String, title: String, style: Style)...) {
        self.items = items.map { Item(column: $0.column, title: $0.title, style: $0.style) }
    }

    /// What is shown of an answer with those columns.
    func items(for columns: AnswerColumns) -> [(title: String, place: Int, style: Style)] {
        guard let items else { return columns.columns.enumerated().map { ($1.name, $0, .plain) } }
        return items.compactMap { item in columns.place(of: item.column).map { (item.title, $0, item.style) } }
    }
}

/// One cell of a table.
struct Cell {
    let text: String
    var isNumber = false
    var style: Style?

    init(_ text: String, isNumber: Bool = false, style: Style? = nil) {
        self.text = text
        self.isNumber = isNumber
        self.style = style
    }

    init(_ value: Value, _ style: TableView.Style, spellsNull: Bool) {
        switch (value, style) {
        case (.null, _): self.init(spellsNull ? "NULL" : "", style: .dim)
        case (.integer(let value), .time): self.init(Moment.local(value))
        case (.integer(let value), .duration): self.init(Moment.Span.shown(value), isNumber: true)
        case (.real(let value), .duration):
            self.init(Moment.Span.shown(Int64(clamping: value)), isNumber: true)
        case (.integer(let value), .bytes): self.init(ByteCount.shown(value), isNumber: true)
        case (.real(let value), .share): self.init(Self.decimal(value * 100) + " %", isNumber: true)
        case (.integer(let value), .share): self.init("\(value * 100) %", isNumber: true)
        case (.real(let value), .average): self.init(Self.decimal(value), isNumber: true)
        case (.text(let text), .status): self.init(TerminalText.shown(text), style: Status(name: text)?.style)
        case (.integer(let value), _): self.init(String(value), isNumber: true)
        case (.real(let value), _): self.init(value.description, isNumber: true)
        case (.text(let text), _): self.init(TerminalText.shown(text))
        case (.blob(let bytes), _): self.init(JSONOutput.hexadecimal(bytes))
        }
    }

    /// With one digit after the point.
    static func decimal(_ value: Double) -> String {
        let tenths = Int64(clamping: (value * 10).rounded())
        return "\(tenths < 0 ? "-" : "")\(tenths.magnitude / 10).\(tenths.magnitude % 10)"
    }
}

extension Int64 {
    /// The nearest integer; the ends of the range for what lies beyond them, 0 for NaN.
    init(clamping value: Double) {
        self = Int64(exactly: value.rounded()) ?? (value.isNaN ? 0 : value < 0 ? .min : .max)
    }
}

extension Status {
    /// The colour that a status has everywhere.
    var style: Style {
        switch self {
        case .completed: .green
        case .failed: .red
        case .running: .blue
        case .cancelled: .yellow
        case .pending, .skipped: .dim
        }
    }
}

/// Bytes as people read them.
enum ByteCount {
    static func shown(_ bytes: Int64) -> String {
        var value = Double(bytes)
        for unit in ["B", "kB", "MB", "GB"] {
            if value < 1000 { return (unit == "B" ? String(bytes) : Cell.decimal(value)) + " " + unit }
            value /= 1000
        }
        return Cell.decimal(value) + " TB"
    }
}
