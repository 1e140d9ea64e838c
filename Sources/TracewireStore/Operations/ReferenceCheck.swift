internal import TracewireProtocol
internal import TracewireZstd

/// Whether every reference in a row leads to an entry that names this row and this column, with the same length.
final class ReferenceCheck {
    /// Segments whose entries are kept: rows and segments are written in nearly the same order.
    private static let keptSegments = 16

    private let connection: Connection
    private let call: ProcedureCall
    private let selection: Statement
    private var decompressor: ZstdDecompressor
    /// The one that was read last stands last.
    private var kept: [Entries] = []

    /// A segment's entries by the place of their values; none if it cannot be read.
    private struct Entries {
        let places: Range<Int64>
        let byPosition: [Int64: SegmentEntry]
    }

    init(_ connection: Connection, _ call: ProcedureCall) throws(QueryFault) {
        self.connection = connection
        self.call = call
        selection = try call.perform { () throws(StoreError) in
            try Statement(
                connection,
                "SELECT start, raw_bytes, data FROM segments WHERE start <= ? ORDER BY start DESC LIMIT 1")
        }
        decompressor = try call.decompressor()
    }

    func run() throws(QueryFault) {
        for table in PayloadColumn.Table.allCases { try check(table) }
    }

    private func check(_ table: PayloadColumn.Table) throws(QueryFault) {
        let columns = PayloadColumn.columns(of: table)
        let sql = "SELECT id, \(columns.map(\.name).joined(separator: ", ")) FROM \(table.rawValue) ORDER BY id"
        try call.forEachRow(of: sql, on: connection) { (row) throws(QueryFault) in
            for (index, column) in columns.enumerated() where row.isBlob(Int32(index + 1)) {
                let reference = ValueReference(row.bytes(Int32(index + 1)))
                guard let what = try problem(reference, column, row: row.integer(0)) else { continue }
                let place = "\(table.rawValue) \(row.integer(0)) \(column.name)"
                try call.emit([.text("value"), .text(place), .text(what)])
            }
        }
    }

    private func problem(
        _ reference: ValueReference?, _ column: PayloadColumn, row: Int64
    ) throws(QueryFault) -> String? {
        guard let reference else { return "its reference is damaged" }
        guard let entries = try entries(holding: reference.position) else {
            return "no segment holds the bytes at \(reference.position)"
        }
        guard let entry = entries.byPosition[reference.position] else {
            return
                "the segment at \(entries.places.lowerBound) cannot be read, or has no value at \(reference.position)"
        }
        // The intent of a workflow's start moved here with its entry.
        let expected = column == .startedIntent ? PayloadColumn.userIntent : column
        guard entry.column == expected.rawValue, entry.row == row, entry.value.count == reference.length else {
            return "the value at \(reference.position) belongs to another row or column, or has another length"
        }
        return nil
    }

    private func entries(holding position: Int64) throws(QueryFault) -> Entries? {
        if let index = kept.lastIndex(where: { $0.places.contains(position) }) {
            if index < kept.count - 1 { kept.append(kept.remove(at: index)) }
            return kept[kept.count - 1]
        }
        guard let entries = try call.perform({ () throws(StoreError) in try read(holding: position) }) else {
            return nil
        }
        if kept.count == Self.keptSegments { kept.removeFirst() }
        kept.append(entries)
        return entries
    }

    private func read(holding position: Int64) throws(StoreError) -> Entries? {
        defer { selection.reset() }
        selection.bind(1, position)
        guard try selection.step() else { return nil }
        let start = selection.integer(0)
        let places = start..<SegmentReader.end(start: start, rawBytes: selection.integer(1))
        guard places.contains(position) else { return nil }
        var byPosition: [Int64: SegmentEntry] = [:]
        do throws(StoreError) {
            let bytes = try SegmentReader.inflate(
                selection.bytes(2), start: start, rawBytes: selection.integer(1), &decompressor)
            for entry in SegmentCheck.entries(bytes) ?? [] {
                byPosition[start + Int64(entry.value.lowerBound)] = entry
            }
        } catch {
            // `SegmentCheck` has named it; the rows that need it are named too.
            guard error.code == .corrupt else { throw error }
        }
        return Entries(places: places, byPosition: byPosition)
    }
}
