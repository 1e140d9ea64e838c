/// Finds the least and greatest measured value of rollups again, after one of them was taken away: only pruning does
/// that, because what has been measured does not change.
///
/// An hour may have millions of rows, and a commit must not wait until they are read. So what is lost is only noted
/// (``LostExtremes``) when it goes, and looked for afterwards in steps of bounded size: first in the rows of the hours,
/// oldest first, by the time of the rows; then a day is told by its hours, and last a total by its days.
final class RollupExtremes {
    /// Rows that one step reads: some milliseconds.
    static let rowsPerStep = 1_024
    /// As long as this many rows take it to find, read and write one rollup.
    private static let rowsPerRollup = 8
    /// Most rollups of an hour whose values are looked for in one passage through its rows.
    private static let rollupsPerSearch = 128

    private let rows: RollupRows
    private let noted: LostExtremes
    private let measured: [RollupSubject: MeasuredRows]
    private var search: ExtremesSearch?

    init(_ connection: Connection, _ keys: RollupKeys, _ rows: RollupRows) throws(StoreError) {
        self.rows = rows
        noted = try LostExtremes(connection)
        var measured: [RollupSubject: MeasuredRows] = [:]
        for subject in [RollupSubject.nodes, .models, .users] {
            measured[subject] = try MeasuredRows(connection, keys, subject)
        }
        self.measured = measured
    }

    /// Begins anew, after a rollback: what was found may not be there.
    func forget() {
        search = nil
    }

    /// A rollup has changed.
    func changed(_ place: RollupPlace, _ change: RollupChange) {
        if search?.apply(change, to: place) == false { search = nil }
    }

    /// Notes that a rollup has lost a value of these kinds, bits of ``RollupKind``.
    func lost(_ kinds: Int64, of place: RollupPlace) throws(StoreError) {
        try noted.note(kinds, of: place)
        if search?.wanted[place] != nil { search = nil }
    }

    /// The rollups of hours in this range have been added to their days and totals, with what they still include.
    func folded(_ range: ClosedRange<Int64>) throws(StoreError) {
        // As many as are folded at a time.
        for entry in try noted.entries(in: range, limit: .max) {
            try lost(entry.kinds, of: entry.place.day)
            try lost(entry.kinds, of: entry.place.total)
        }
    }

    /// Looks on, within a transaction. `limit` rows are about what it reads.
    ///
    /// - Returns: whether there is more to look for.
    func step(rows limit: Int, horizon: Int64) throws(StoreError) -> Bool {
        var budget = limit
        while budget > 0 {
            if search == nil { search = try next(horizon: horizon) }
            // What throws from here on ends the transaction, and the next step begins anew.
            guard var search = search.take() else { return false }
            try read(&search, &budget)
            if case .done = search.progress { try finish(search, &budget) } else { self.search = search }
        }
        return true
    }
}

// Where to look.
extension RollupExtremes {
    /// Days after all hours and totals after all days, because each is told by those before it.
    private func next(horizon: Int64) throws(StoreError) -> ExtremesSearch? {
        for level in [RollupLevel.hour, .day, .total] {
            for subject in RollupSubject.allCases {
                let range = RollupPlace.range(subject, level, from: 0, through: RollupPlace.latestPeriod)
                guard let first = try noted.entries(in: range, limit: 1).first else { continue }
                return try search(first, horizon: horizon)
            }
        }
        return nil
    }

    private func search(_ first: LostExtremes.Entry, horizon: Int64) throws(StoreError) -> ExtremesSearch {
        let (subject, period) = (first.place.subject, first.place.period)
        // A user's rows are found by an index of their own. Those of all names lie together.
        let isShared = first.place.level == .hour && subject != .users
        let hour = RollupPlace.range(subject, .hour, from: period, through: period)
        let entries = isShared ? try noted.entries(in: hour, limit: Self.rollupsPerSearch) : [first]
        guard try isNeeded(for: entries) else { return ExtremesSearch(entries, .done) }
        let nextDay = (period + 1) * RollupPlace.hoursInDay
        let progress: ExtremesSearch.Progress =
            switch first.place.level {
            case .hour: .rows(MeasuredRows.Position(beforeHour: period))
            case .day: parts(of: first.place, .hour, from: period * RollupPlace.hoursInDay, to: min(horizon, nextDay))
            case .total: parts(of: first.place, .day, from: 0, to: RollupPlace.latestPeriod)
            }
        return ExtremesSearch(entries, progress)
    }

    /// Whether a rollup is left that has several values: one alone is known, and most hours from which values went have
    /// none any more.
    private func isNeeded(for entries: [LostExtremes.Entry]) throws(StoreError) -> Bool {
        for entry in entries {
            let cells = try rows.find(entry.place)?.cells.cells ?? []
            if cells.contains(where: { entry.kinds & $0.kind.bit != 0 && $0.measured.count > 1 }) { return true }
        }
        return false
    }

    private func parts(
        of place: RollupPlace, _ level: RollupLevel, from first: Int64, to end: Int64
    ) -> ExtremesSearch.Progress {
        guard first < end else { return .done }
        let start = RollupPlace(place.subject, level, period: first, key: place.key)
        return .parts(start.id...RollupPlace(place.subject, level, period: end - 1, key: place.key).id)
    }
}

// Looking.
extension RollupExtremes {
    private func read(_ search: inout ExtremesSearch, _ budget: inout Int) throws(StoreError) {
        guard let place = search.wanted.keys.first, let measured = measured[place.subject] else {
            search.progress = .done
            return
        }
        switch search.progress {
        case .done: break
        case .rows(var position):
            let count = try measured.read(place, from: &position, limit: budget) { search.add($2...$2, $1, of: $0) }
            search.progress = count < budget ? .done : .rows(position)
            budget -= count
        case .parts(let places): try read(places, &search, of: place, &budget)
        }
    }

    /// From one of the rollups that are summed up to the next, however far apart they are.
    private func read(
        _ places: ClosedRange<Int64>, _ search: inout ExtremesSearch, of whole: RollupPlace, _ budget: inout Int
    ) throws(StoreError) {
        var places = places
        while budget > 0 {
            search.progress = .done
            guard let part = try rows.first(in: places) else { return }
            budget -= Self.rowsPerRollup
            if part.key == whole.key, let row = try rows.find(part) {
                for cell in row.cells.cells where cell.measured.count > 0 {
                    search.add(cell.extremes, cell.kind, of: whole)
                }
            }
            let period = part.period + (part.key < whole.key ? 0 : 1)
            let next = RollupPlace(part.subject, part.level, period: period, key: whole.key)
            guard next.id <= places.upperBound else { return }
            places = next.id...places.upperBound
            search.progress = .parts(places)
        }
    }

    private func finish(_ search: ExtremesSearch, _ budget: inout Int) throws(StoreError) {
        for place in search.wanted.keys.sorted() {
            if var row = try rows.find(place), search.restore(&row) { try rows.write(row) }
            try noted.forget(place)
        }
        budget -= search.wanted.count * Self.rowsPerRollup
    }
}
