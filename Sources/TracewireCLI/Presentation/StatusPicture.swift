internal import TracewireProtocol

/// A collector's health at a glance: whether all is well, and below it the figures in groups, side by side as far as there is
/// room. What an older collector does not say, or not to everybody, is left out.
struct StatusPicture {
    private struct Item {
        let label: String
        let value: String
        var style: Style?
    }

    private struct Section {
        let title: String
        let items: [Item]

        /// With its title, and an empty line behind it.
        var height: Int { items.count + 2 }
    }

    private static let columnWidth = 38
    private static let labelWidth = 16
    private static let gap = 4

    private let status: CollectorStatus
    private let place: String

    /// - Parameter place: where the collector is.
    init(_ status: CollectorStatus, at place: String) {
        self.status = status
        self.place = place
    }

    func print(to output: Output) throws {
        try printTroubles(to: output)
        let uptime = status.integer("uptime_ms").map { ", up \(Moment.Span.shown($0))" } ?? ""
        var line = StyledLine()
        line.append(TerminalText.shown("  collector at \(place)\(uptime)"), .dim)
        try output.line(line.text(for: output.terminal))
        if status.isOfProject {
            for line in TerminalText.wrapped("  \(CollectorStatus.ofProject)", to: output.terminal.width) {
                try output.line(output.terminal.styled(line, .dim))
            }
        }
        try printFigures(to: output)
    }

    /// The figures that were last heard of, below the word that nobody is there.
    func printAway(sinceMs: Int64, to output: Output) throws {
        try print("✗ no collector at \(place) for \(Moment.Span.shown(sinceMs)); waiting for it", .red, to: output)
        try output.line(output.terminal.styled("  its last figures:", .dim))
        try printFigures(to: output)
    }

    private func printTroubles(to output: Output) throws {
        let troubles = status.troubles
        if troubles.isEmpty { try print("● healthy", .green, to: output) }
        for trouble in troubles {
            try print(
                (trouble.isFailure ? "✗ " : "▲ ") + trouble.text, trouble.isFailure ? .red : .yellow, to: output)
        }
    }

    private func print(_ text: String, _ style: Style, to output: Output) throws {
        for line in TerminalText.wrapped(TerminalText.shown(text), to: output.terminal.width) {
            try output.line(output.terminal.styled(line, style))
        }
    }

    // MARK: The figures

    private func printFigures(to output: Output) throws {
        let blocks = columns(within: output.terminal.width ?? Self.columnWidth).map(lines)
        for row in 0..<(blocks.map(\.count).max() ?? 0) {
            var line = StyledLine()
            let last = blocks.lastIndex { row < $0.count && !$0[row].isEmpty } ?? 0
            for (place, block) in blocks.enumerated() where place <= last {
                let parts = row < block.count ? block[row] : []
                for part in parts { line.append(part.text, part.style) }
                guard place < last else { continue }
                let width = parts.reduce(0) { $0 + TerminalText.width($1.text) }
                line.append(String(repeating: " ", count: max(1, Self.columnWidth - width) + Self.gap))
            }
            try output.line(line.text(for: output.terminal))
        }
    }

    /// The sections in their order, as columns of about the same height.
    private func columns(within width: Int) -> [[Section]] {
        let count = max(1, (width + Self.gap) / (Self.columnWidth + Self.gap))
        let sections = sections
        let share = sections.reduce(0) { $0 + $1.height } / count + 1
        var columns: [[Section]] = []
        for section in sections {
            let height = columns.last?.reduce(section.height) { $0 + $1.height } ?? .max
            if height > share, columns.count < count {
                columns.append([section])
            } else {
                columns[columns.count - 1].append(section)
            }
        }
        return columns
    }

    /// Each line as what it is made of.
    private func lines(_ sections: [Section]) -> [[(text: String, style: Style?)]] {
        sections.flatMap { section -> [[(text: String, style: Style?)]] in
            [[], [(section.title, .bold)]]
                + section.items.map { item in
                    [(TerminalText.padded(item.label, to: Self.labelWidth), .dim), (item.value, item.style)]
                }
        }
    }

    private var sections: [Section] {
        [
            Section(title: "INGEST", items: ingest), Section(title: "CONNECTIONS", items: connections),
            Section(title: "DATABASE", items: database), Section(title: "COLLECTOR", items: collector),
        ].filter { !$0.items.isEmpty }
    }

    private var ingest: [Item] {
        [
            item("records", "records_per_second", unit: " a second"),
            item("bytes", "batch_bytes_per_second", .bytes, unit: " a second"),
            item("committed", "records", unit: " records"),
            pair("commits", "commits", "commits_failed", " failed", .red),
            item("waiting", "queue_bytes", .bytes),
            item("oldest wait", "oldest_unacknowledged_ms", .duration),
            item("rejected", "records_rejected", alert: .yellow),
            item("parked", "records_parked"),
        ].compactMap { $0 }
    }

    private var connections: [Item] {
        [
            item("open", "connections"),
            pair("since start", "connections_total", "connections_refused", " refused", .yellow),
            item("received", "wire_bytes_received", .bytes),
            pair("queries", "queries", "queries_failed", " failed", .yellow),
            item("answers unread", "queries_stalled", alert: .yellow),
        ].compactMap { $0 }
    }

    private var database: [Item] {
        [
            item("size", "database_bytes", .bytes), item("log", "wal_bytes", .bytes),
            item("may take", "max_disk_bytes", .bytes), item("free on disk", "disk_free_bytes", .bytes),
            item("compression", "segment_ratio", unit: " times"),
            item("workflows", "workflows"), item("  running", "workflows_running"),
            item("  failed", "workflows_failed"), item("nodes", "nodes"), item("model calls", "generations"),
            item("users", "users"), item("rejected, kept", "rejected_records", alert: .yellow),
            item("waiting, parked", "parked_records", alert: .yellow),
            pruned("too old", "workflows_pruned_for_age"), pruned("no room for", "workflows_pruned_for_room"),
            item("last removed", "last_pruned_at", .age),
        ].compactMap { $0 }
    }

    private var collector: [Item] {
        [
            item("memory", "resident_bytes", .bytes), item("SQLite", "sqlite_version"),
            item("schema", "schema_version"),
        ].compactMap { $0 }
    }

    /// - Parameter alert: how a number stands out that is not 0.
    private func item(
        _ label: String, _ name: String, _ format: Cell.Format = .plain, unit: String = "", alert: Style? = nil
    ) -> Item? {
        let value = status[name]
        guard value != .null else { return nil }
        // One of them is no more.
        let unit = value == .integer(1) && unit.hasSuffix("s") ? String(unit.dropLast()) : unit
        return Item(
            label: label, value: Cell(value, format).text + unit, style: value == .integer(0) ? nil : alert)
    }

    /// Workflows that went by themselves; most collectors are never asked to let any go.
    private func pruned(_ label: String, _ name: String) -> Item? {
        status[name] == .integer(0) ? nil : item(label, name, unit: " removed")
    }

    /// A number, and how many of it went wrong.
    private func pair(_ label: String, _ name: String, _ failed: String, _ word: String, _ alert: Style) -> Item? {
        guard let whole = status.integer(name), let part = status.integer(failed) else { return nil }
        return Item(label: label, value: "\(whole), \(part)\(word)", style: part == 0 ? nil : alert)
    }
}
