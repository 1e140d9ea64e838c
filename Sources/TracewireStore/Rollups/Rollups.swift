internal import TracewireProtocol

/// The sums over nodes, models and users that reports read, kept in the transactions that change the rows they count.
///
/// What a transaction adds and takes away is gathered here, and ``flush()`` writes it at the transaction's end: every
/// rollup that changes is read and written once.
///
/// Every row counts in its hour. The hours before the *horizon* are also counted in their day and in a total, so that a
/// report over years reads few rows; the hours from the horizon on are not, so that traffic, which mostly is about the
/// last hours, writes one rollup and not three. ``fold(nowMs:)`` moves the horizon, one hour at a time.
///
/// A least or greatest value that goes away is looked for later, and until then the rollup still includes it:
/// ``restoreExtremes(rows:)``.
final class Rollups {
    /// Hours before the newest that are kept apart from days and totals: records are seldom later than that, and a report
    /// over all of time reads each of them.
    static let unfoldedHours: Int64 = 1
    /// Rollups whose changes wait: a bound on memory, far above what a usual group changes.
    private static let pendingLimit = 4096
    /// Rows that are folded at a time: a bound on memory.
    private static let foldedRows = 256

    let keys: RollupKeys
    let rows: RollupRows
    let nodeSelection: Statement
    /// `nil` where rows only come.
    private let extremes: RollupExtremes?
    private var pending: [RollupPlace: RollupChange] = [:]
    private var knownHorizon: Int64?
    private var knownNewestHour: Int64?

    /// - Parameters:
    ///   - schema: `main`, or `temp` for rollups that are made for a comparison.
    ///   - takesAway: whether rows go, too. Rollups that are made anew, maybe of a database of an older version, need no
    ///     table for what they lose.
    init(_ connection: Connection, schema: String = "main", takesAway: Bool = false) throws(StoreError) {
        keys = try RollupKeys(connection, schema: schema)
        rows = try RollupRows(connection, schema: schema)
        extremes = takesAway ? try RollupExtremes(connection, keys, rows) : nil
        nodeSelection = try Statement(
            connection,
            "SELECT node_name, node_type, status, \(Schema.timeOfNode) FROM nodes WHERE id = ?")
    }

    /// Forgets everything that is not in the database for certain, after a rollback.
    func forget() {
        pending.removeAll()
        extremes?.forget()
        keys.forget()
        knownHorizon = nil
        knownNewestHour = nil
    }

    /// Notes that a row comes (`times` 1) or goes (-1), in the hour that `place` is of.
    func note(
        _ place: RollupPlace, _ kind: RollupKind, measured: Int64? = nil, _ tokens: RollupTokens? = nil, times: Int64
    ) throws(StoreError) {
        if pending.count >= Self.pendingLimit && pending[place] == nil { try flush() }
        pending[place, default: RollupChange()].update(kind) { $0.add(measured: measured, tokens, times: times) }
    }

    /// Writes what was noted, at the end of the transaction.
    func flush() throws(StoreError) {
        guard !pending.isEmpty else { return }
        let horizon = try horizon()
        var changes = pending
        pending.removeAll(keepingCapacity: true)
        knownNewestHour = changes.keys.reduce(try newestHour()) { max($0, $1.subject == .users ? $1.period : 0) }
        for (place, change) in changes where place.period < horizon {
            changes[place.day, default: RollupChange()].add(change)
            changes[place.total, default: RollupChange()].add(change)
        }
        try write(changes)
    }

    private func write(_ changes: [RollupPlace: RollupChange]) throws(StoreError) {
        for (place, change) in changes.sorted(by: { $0.key < $1.key }) {
            var row = try rows.find(place) ?? RollupRow(place: place)
            let lost = row.cells.apply(change)
            try rows.write(row)
            extremes?.changed(place, change)
            if !lost.isEmpty { try extremes?.lost(RollupKind.bits(lost), of: place) }
        }
    }

    /// Looks on for least and greatest values that went away, within a transaction in which no row comes or goes.
    ///
    /// - Parameter limit: rows that it reads, about; a rollup counts as some of them.
    /// - Returns: whether there are more to look for.
    func restoreExtremes(rows limit: Int = RollupExtremes.rowsPerStep) throws(StoreError) -> Bool {
        guard let extremes else { return false }
        return try extremes.step(rows: limit, horizon: try horizon())
    }

    /// The first hour that is not counted in a day and a total.
    private func horizon() throws(StoreError) -> Int64 {
        if let knownHorizon { return knownHorizon }
        let horizon = try rows.horizon()
        knownHorizon = horizon
        return horizon
    }

    /// The newest hour of a workflow's start or a generation; -1 if there is none.
    private func newestHour() throws(StoreError) -> Int64 {
        if let knownNewestHour { return knownNewestHour }
        let newest =
            try rows.last(in: RollupPlace.range(.users, .hour, from: 0, through: RollupPlace.latestPeriod))?.period
            ?? -1
        knownNewestHour = newest
        return newest
    }
}

// Moving the horizon.
extension Rollups {
    /// Counts the next hour that has passed in its day and total, if one is left.
    ///
    /// An hour has passed when it is ``unfoldedHours`` before the newest of a workflow's start or a generation, and before
    /// now: a client whose clock is wrong must not move the horizon beyond what is still written. An hour of many users
    /// takes some microseconds for each of them.
    /// - Returns: whether there may be more.
    @discardableResult
    func fold(nowMs: Int64) throws(StoreError) -> Bool {
        let target = min(try newestHour(), RollupPlace.hour(of: nowMs)) - Self.unfoldedHours
        let horizon = try horizon()
        guard horizon < target else { return false }
        let hour = try firstHour(from: horizon, before: target)
        if let hour { try fold(hour: hour) }
        try moveHorizon(to: hour.map { $0 + 1 } ?? target)
        return hour != nil
    }

    /// Counts all hours before `horizon` in their days and totals.
    func fold(to horizon: Int64) throws(StoreError) {
        var next = try self.horizon()
        while let hour = try firstHour(from: next, before: horizon) {
            try fold(hour: hour)
            next = hour + 1
        }
        try moveHorizon(to: horizon)
    }

    private func moveHorizon(to hour: Int64) throws(StoreError) {
        try rows.setHorizon(hour)
        knownHorizon = hour
    }

    /// The first hour of any subject that has a rollup.
    private func firstHour(from first: Int64, before end: Int64) throws(StoreError) -> Int64? {
        guard first < end else { return nil }
        var found: Int64?
        for subject in RollupSubject.allCases {
            let range = RollupPlace.range(subject, .hour, from: first, through: end - 1)
            guard let place = try rows.first(in: range) else { continue }
            found = min(found ?? place.period, place.period)
        }
        return found
    }

    private func fold(hour: Int64) throws(StoreError) {
        for subject in RollupSubject.allCases {
            var range = RollupPlace.range(subject, .hour, from: hour, through: hour)
            while true {
                let hours = try rows.rows(in: range, limit: Self.foldedRows)
                var changes: [RollupPlace: RollupChange] = [:]
                for row in hours {
                    changes[row.place.day, default: RollupChange()].add(row.cells)
                    changes[row.place.total, default: RollupChange()].add(row.cells)
                }
                try write(changes)
                guard let last = hours.last?.place.id else { break }
                try extremes?.folded(range.lowerBound...last)
                guard hours.count == Self.foldedRows, last < range.upperBound else { break }
                range = last + 1...range.upperBound
            }
        }
    }
}
