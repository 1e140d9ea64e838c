internal import TracewireProtocol

/// Of which rollups the least or greatest value of a kind went away.
typealias LostExtremes = [RollupPlace: Set<RollupKind>]

/// Finds the least and greatest measured value of rollups again, after one of them was taken away: only pruning does
/// that, because what has been measured does not change.
///
/// What is left of an hour is read by the time of the rows, once for all that the hour has lost. A day is told by its
/// hours, and a total by its days.
final class RollupExtremes {
    private let keys: RollupKeys
    private let rows: RollupRows
    private let nodes: Statement
    private let models: Statement
    private let users: Statement

    init(_ connection: Connection, _ keys: RollupKeys, _ rows: RollupRows) throws(StoreError) {
        self.keys = keys
        self.rows = rows
        nodes = try Statement(
            connection,
            """
            SELECT node_name, node_type, status, duration_ms FROM nodes
            WHERE \(Schema.timeOfNode) BETWEEN ?1 AND ?2 AND duration_ms IS NOT NULL
            """)
        models = try Statement(
            connection,
            """
            SELECT model_name, model_provider, error_message IS NOT NULL, latency_ms FROM generations
            WHERE created_at BETWEEN ?1 AND ?2 AND latency_ms IS NOT NULL
            """)
        users = try Statement(
            connection,
            """
            SELECT min(max(0, completed_at - created_at)), max(max(0, completed_at - created_at)) FROM workflows
            WHERE user_id IS ?1 AND created_at BETWEEN ?2 AND ?3 AND status = ?4
            """)
    }

    /// Writes the values that are left into the rollups that lost one.
    func restore(_ lost: LostExtremes, horizon: Int64) throws(StoreError) {
        let byHour = Dictionary(grouping: lost.keys.filter { $0.level == .hour && $0.subject != .users }, by: Hour.init)
        for (hour, places) in byHour {
            try restore(hour, lost.filter { places.contains($0.key) })
        }
        // Days before the totals that they are parts of.
        for place in lost.keys.filter({ $0.level != .hour || $0.subject == .users }).sorted(by: { $0.id > $1.id }) {
            try update(place, lost[place] ?? []) { (kind) throws(StoreError) in
                try find(place, kind, horizon: horizon)
            }
        }
    }

    private func update(
        _ place: RollupPlace, _ kinds: Set<RollupKind>,
        _ find: (RollupKind) throws(StoreError) -> ClosedRange<Int64>?
    ) throws(StoreError) {
        guard var row = try rows.find(place) else { return }
        for kind in kinds where row.cells.has(kind) {
            guard let found = try find(kind) else { continue }
            row.cells.update(kind) { $0.extremes = found }
        }
        try rows.write(row)
    }
}

// Hours of nodes and models.
extension RollupExtremes {
    private struct Hour: Hashable {
        let subject: RollupSubject
        let period: Int64

        init(_ place: RollupPlace) {
            (subject, period) = (place.subject, place.period)
        }
    }

    private struct Cell: Hashable {
        let key: Int64
        let kind: RollupKind
    }

    private func restore(_ hour: Hour, _ lost: LostExtremes) throws(StoreError) {
        var wanted: [Cell: ClosedRange<Int64>?] = [:]
        for (place, kinds) in lost {
            for kind in kinds { wanted[Cell(key: place.key, kind: kind)] = .some(nil) }
        }
        let statement = hour.subject == .nodes ? nodes : models
        defer { statement.reset() }
        bind(statement, from: 1, hour.period...hour.period)
        while try statement.step() {
            guard let kind = kind(hour.subject, statement) else { continue }
            let detail = statement.isNull(1) ? nil : statement.bytes(1)
            let cell = Cell(key: try keys.key(hour.subject, statement.bytes(0), detail), kind: kind)
            guard let known = wanted[cell] else { continue }
            let value = max(0, statement.integer(3))
            wanted[cell] = known?.extended(by: value...value) ?? value...value
        }
        for (place, kinds) in lost {
            try update(place, kinds) { (kind) throws(StoreError) in wanted[Cell(key: place.key, kind: kind)] ?? nil }
        }
    }

    private func kind(_ subject: RollupSubject, _ statement: Statement) -> RollupKind? {
        guard subject == .nodes else { return statement.integer(2) != 0 ? .failedCall : .call }
        return Status(name: statement.text(2)).map(RollupKind.init)
    }

    /// The first and last millisecond of hours. Times before the first hour count in it, and those after the last in that.
    private func bind(_ statement: Statement, from index: Int32, _ hours: ClosedRange<Int64>) {
        let (first, last) = (hours.lowerBound, hours.upperBound)
        let hour = RollupPlace.millisecondsInHour
        statement.bind(index, first == 0 ? Int64.min : first * hour)
        statement.bind(index + 1, last == RollupPlace.latestPeriod ? Int64.max : (last + 1) * hour - 1)
    }
}

// Users at any level; days and totals of the others.
extension RollupExtremes {
    /// - Returns: `nil` if no value is left.
    private func find(
        _ place: RollupPlace, _ kind: RollupKind, horizon: Int64
    ) throws(StoreError) -> ClosedRange<Int64>? {
        switch (place.subject, place.level) {
        case (.totals, _): nil
        case (.users, _): try find(user: place.key, kind, in: hours(of: place, before: horizon))
        case (_, .total): try find(below: place, .day, 0...RollupPlace.latestPeriod - 1, kind)
        case (_, .day), (_, .hour): try find(below: place, .hour, hours(of: place, before: horizon), kind)
        }
    }

    /// The hours that a rollup covers: none from the horizon on, unless it is of an hour itself.
    private func hours(of place: RollupPlace, before horizon: Int64) -> ClosedRange<Int64> {
        let last = max(0, horizon - 1)
        switch place.level {
        case .hour: return place.period...place.period
        case .day:
            let first = place.period * RollupPlace.hoursInDay
            return first...max(first, min(last, first + RollupPlace.hoursInDay - 1))
        case .total: return 0...last
        }
    }

    /// By the index of the user's workflows: those of an hour, of a day, or all. The more there are, the less often it
    /// is the least or the greatest that goes.
    private func find(
        user key: Int64, _ kind: RollupKind, in hours: ClosedRange<Int64>
    ) throws(StoreError) -> ClosedRange<Int64>? {
        defer { users.reset() }
        users.bind(1, key == 0 ? nil : key)
        bind(users, from: 2, hours)
        users.bind(4, copying: kind.status?.name)
        guard try users.step(), let least = users.optionalInteger(0), let greatest = users.optionalInteger(1)
        else { return nil }
        return max(0, least)...max(0, greatest)
    }

    /// Among the rollups that this one sums up: from one to the next, however far apart they are.
    private func find(
        below place: RollupPlace, _ level: RollupLevel, _ periods: ClosedRange<Int64>, _ kind: RollupKind
    ) throws(StoreError) -> ClosedRange<Int64>? {
        let end = RollupPlace(place.subject, level, period: periods.upperBound, key: place.key).id
        var found: ClosedRange<Int64>?
        var next = RollupPlace(place.subject, level, period: periods.lowerBound, key: place.key)
        while next.id <= end, let there = try rows.first(in: next.id...end) {
            let isPast = there.key >= place.key
            next = RollupPlace(place.subject, level, period: there.period + (isPast ? 1 : 0), key: place.key)
            guard there.key == place.key, let cell = try rows.find(there)?.cells.sum(kind.bit), cell.measured.count > 0
            else { continue }
            found = found?.extended(by: cell.extremes) ?? cell.extremes
        }
        return found
    }
}
