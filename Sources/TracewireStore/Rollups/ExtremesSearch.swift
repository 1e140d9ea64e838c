/// A search for the least and the greatest value that rollups have left, which takes several steps. It is in memory only,
/// and begins anew when something comes between.
struct ExtremesSearch {
    /// How far it has come.
    enum Progress {
        /// In the rows of an hour.
        case rows(MeasuredRows.Position)
        /// Among the hours of a day or the days of a total: the places that are left.
        case parts(ClosedRange<Int64>)
        case done
    }

    private struct Cell: Hashable {
        let place: RollupPlace
        let kind: RollupKind
    }

    /// The rollups, by place: bits of the kinds that are looked for. More than one only if they are of one hour.
    let wanted: [RollupPlace: Int64]
    var progress: Progress
    private var found: [Cell: ClosedRange<Int64>] = [:]

    init(_ entries: [LostExtremes.Entry], _ progress: Progress) {
        wanted = Dictionary(entries.map { ($0.place, $0.kinds) }) { $0 | $1 }
        self.progress = progress
    }

    /// Values that are there, if they are looked for.
    mutating func add(_ values: ClosedRange<Int64>, _ kind: RollupKind, of place: RollupPlace) {
        guard let kinds = wanted[place], kinds & kind.bit != 0 else { return }
        let cell = Cell(place: place, kind: kind)
        found[cell] = found[cell]?.extended(by: values) ?? values
    }

    /// What a transaction changes meanwhile: a value that comes may stand before where the search has come to.
    ///
    /// - Returns: whether what was found still holds: not if a value goes, which may be one that was found.
    mutating func apply(_ change: RollupChange, to place: RollupPlace) -> Bool {
        guard wanted[place] != nil else { return true }
        for cell in change.cells {
            if cell.removed != nil { return false }
            if let added = cell.added { add(added, cell.kind, of: place) }
        }
        return true
    }

    /// Says in a rollup what was found. A kind of which no value is left stays as it is.
    ///
    /// - Returns: whether that changes it.
    func restore(_ row: inout RollupRow) -> Bool {
        let before = row.cells
        for kind in before.cells.map(\.kind) {
            guard let range = found[Cell(place: row.place, kind: kind)] else { continue }
            row.cells.update(kind) { $0.extremes = range }
        }
        return row.cells != before
    }
}
