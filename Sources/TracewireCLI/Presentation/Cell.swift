internal import TracewireProtocol

/// One cell of a table: a text without control characters, how it stands out, and on which side.
struct Cell: Sendable {
    enum Format: Sendable {
        /// As it is stored.
        case plain
        /// Milliseconds since 1970, as local time.
        case time
        /// The same, as how long ago that is.
        case age
        /// Milliseconds, as a length of time.
        case duration
        /// 0 to 1, as per cent.
        case share
        /// A status, coloured by what it means.
        case status
        /// A number with one decimal.
        case average
        /// Bytes, in the unit that fits.
        case bytes
    }

    let text: String
    var isNumber = false
    /// Whether a part of it would say something else: a number, a time.
    var isWhole = false
    var style: Style?

    init(_ text: String, isNumber: Bool = false, style: Style? = nil) {
        self.text = text
        self.isNumber = isNumber
        isWhole = isNumber
        self.style = style
    }

    static let empty = Cell("")

    /// A stored value. `null` stands for NULL.
    init(_ value: Value, _ format: Format = .plain, null: String = "") {
        switch value {
        case .null: self.init(null, style: .dim)
        case .integer(let value):
            self.init(Self.shown(value, format), isNumber: format != .time && format != .age)
            isWhole = true
        case .real(let value): self.init(Self.shown(value, format), isNumber: true)
        case .text(let text):
            self.init(
                TerminalText.shown(text), style: format == .status ? Status(name: text)?.style : nil)
        case .blob(let bytes): self.init(JSONOutput.hexadecimal(bytes))
        }
    }

    private static func shown(_ value: Int64, _ format: Format) -> String {
        switch format {
        case .time: Moment.local(value)
        case .age: Moment.ago(value)
        case .duration: Moment.Span.shown(value)
        case .bytes: ByteCount.shown(value)
        case .share: "\(value * 100) %"
        case .plain, .status, .average: String(value)
        }
    }

    private static func shown(_ value: Double, _ format: Format) -> String {
        switch format {
        case .duration: Moment.Span.shown(Int64(clamping: value))
        case .share: decimal(value * 100) + " %"
        case .average: decimal(value)
        case .plain, .time, .age, .status, .bytes: value.description
        }
    }

    /// With one digit after the point.
    static func decimal(_ value: Double) -> String {
        let tenths = Int64(clamping: value * 10)
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

    /// The sign that a status has in trees.
    var glyph: String {
        switch self {
        case .completed: "✓"
        case .failed: "✗"
        case .running: "▶"
        case .cancelled: "■"
        case .pending: "·"
        case .skipped: "↷"
        }
    }
}

/// Bytes as people type and read them.
enum ByteCount {
    private static let units = ["K", "M", "G", "T"]

    /// Bytes of `500M`, `20GB` or `1T`, which count in thousands as ``shown(_:)`` does, of `20GiB`, or of digits alone.
    static func parse(_ text: String) -> Int64? {
        let digits = text.prefix { "0"..."9" ~= $0 }
        guard var bytes = Int64(digits) else { return nil }
        let unit = text.dropFirst(digits.count).uppercased()
        if unit.isEmpty || unit == "B" { return bytes }
        guard let power = units.firstIndex(where: { unit.hasPrefix($0) }), ["", "B", "IB"].contains(unit.dropFirst())
        else { return nil }
        for _ in 0...power {
            let (product, overflowed) = bytes.multipliedReportingOverflow(by: unit.hasSuffix("IB") ? 1024 : 1000)
            guard !overflowed else { return nil }
            bytes = product
        }
        return bytes
    }

    static func shown(_ bytes: Int64) -> String {
        var value = Double(bytes)
        for unit in ["B", "kB", "MB", "GB"] {
            // 999.95 would be shown as 1000.0.
            if value < (unit == "B" ? 1000 : 999.95) {
                return (unit == "B" ? String(bytes) : Cell.decimal(value)) + " " + unit
            }
            value /= 1000
        }
        return Cell.decimal(value) + " TB"
    }
}
