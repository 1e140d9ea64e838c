internal import Tracewire
internal import TracewireProtocol

/// A collector's status on its way to the standard output, once or again and again.
///
/// `@unchecked Sendable`: used by one task, and after it has ended.
final class StatusOutput: @unchecked Sendable {
    /// Whether a person looks at it: a picture, drawn over itself.
    let isPicture: Bool
    private let output: Output
    private let address: CollectorAddress
    private let format: OutputFormat
    private let isRepeated: Bool
    private let screen: LiveScreen
    private var rows: (any RowOutput)?
    private var last: CollectorStatus?
    private var awaySince: ContinuousClock.Instant?

    init(_ format: FormatOptions, at address: CollectorAddress, isRepeated: Bool) {
        output = format.standardOutput()
        self.address = address
        self.format = format.format
        self.isRepeated = isRepeated
        screen = LiveScreen(output)
        isPicture = format.format == .table && output.terminal.isTerminal && !format.wide
    }

    func show(_ sight: StatusWatching.Sight) throws {
        switch sight {
        case .status(let status):
            if awaySince != nil, !isPicture { Diagnostics.note("the collector is back") }
            awaySince = nil
            if last == nil, status.isOfProject, !isPicture, format == .table {
                Diagnostics.note(CollectorStatus.ofProject)
            }
            last = status
            try isPicture ? draw { try StatusPicture(status, at: "\(self.address)").print(to: $0) } : write(status)
        case .away:
            if awaySince == nil, !isPicture { Diagnostics.note("the collector has gone; waiting for it") }
            let since = awaySince ?? .now
            awaySince = since
            guard isPicture, let last else { return }
            try draw {
                try StatusPicture(last, at: "\(self.address)").printAway(
                    sinceMs: since.duration(to: .now).wholeMilliseconds, to: $0)
            }
        }
        try output.flush()
    }

    private func draw(_ body: (Output) throws -> Void) throws {
        guard isRepeated else { return try body(output) }
        try screen.draw { picture in
            try body(picture)
            // What has no room is left out at the end.
            return picture.lines.count
        }
    }

    private func write(_ status: CollectorStatus) throws {
        if format == .table {
            // The columns of a table are as wide as its rows, and each look is a table of its own.
            if rows != nil { try output.line() }
            rows = TableOutput(output, view: Self.table)
            try rows?.begin(status.columns)
        } else if rows == nil {
            rows = format.output(to: output, view: Self.table)
            try rows?.begin(columns(of: status))
        }
        let time: [Value] = isRepeated && format != .table ? [.integer(Moment.now())] : []
        for row in status.rows { try rows?.row(time + row.values) }
        if format == .table { try rows?.end() }
    }

    private func columns(of status: CollectorStatus) -> AnswerColumns {
        guard isRepeated else { return status.columns }
        return AnswerColumns([Column(name: "at", declaredType: "INTEGER")] + status.columns.columns)
    }

    func end() throws {
        try screen.close()
        if format != .table { try rows?.end() }
        try output.flush()
    }

    private static let table = TableView(
        [TableView.Item(title: "FIGURE", cell: name), TableView.Item(title: "VALUE", cell: value)], empty: "no figures")

    private enum Unit {
        case milliseconds
        case time
        case bytes
        case none

        /// The figure's name says its unit.
        init(_ name: String) {
            let words = name.split(separator: "_")
            switch words.last {
            // A moment, not a duration.
            case "ms" where words.dropLast().last == "expires": self = .time
            case "ms": self = .milliseconds
            case "at": self = .time
            default: self = words.contains("bytes") ? .bytes : .none
            }
        }
    }

    /// Without the unit, which the value has.
    private static func name(_ row: AnswerRow) -> Cell {
        let name = row.text("name") ?? ""
        return Cell(TerminalText.shown(name.hasSuffix("_ms") ? String(name.dropLast("_ms".count)) : name))
    }

    private static func value(_ row: AnswerRow) -> Cell {
        switch Unit(row.text("name") ?? "") {
        case .milliseconds: Cell(row["value"], .duration)
        case .time: Cell(row["value"], .time)
        case .bytes: Cell(row["value"], .bytes)
        case .none: Cell(row["value"])
        }
    }
}
