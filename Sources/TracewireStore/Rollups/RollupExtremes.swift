internal import TracewireProtocol

/// Finds the least and greatest measured value of a rollup again, after one of them was taken away: only pruning does
/// that, because what has been measured does not change.
final class RollupExtremes {
    private let rows: RollupRows
    private let nodes: Statement
    private let models: Statement
    private let users: Statement

    init(_ connection: Connection, _ rows: RollupRows) throws(StoreError) {
        self.rows = rows
        nodes = try Statement(
            connection,
            """
            SELECT min(duration_ms), max(duration_ms) FROM nodes
            WHERE id BETWEEN ?1 AND ?2 AND coalesce(started_at, pending_at) BETWEEN ?3 AND ?4 AND status = ?6
                AND (node_name, node_type) = (SELECT name, detail FROM rollup_keys WHERE id = ?5)
            """)
        models = try Statement(
            connection,
            """
            SELECT min(latency_ms), max(latency_ms) FROM generations
            WHERE id BETWEEN ?1 AND ?2 AND created_at BETWEEN ?3 AND ?4 AND (error_message IS NOT NULL) = ?6
                AND (model_name, coalesce(model_provider, x'')) = (SELECT name, detail FROM rollup_keys WHERE id = ?5)
            """)
        users = try Statement(
            connection,
            """
            SELECT min(max(0, completed_at - created_at)), max(max(0, completed_at - created_at)) FROM workflows
            WHERE user_id IS ?1 AND created_at BETWEEN ?2 AND ?3 AND status = ?4
            """)
    }

    /// - Returns: `nil` if no value is left.
    func find(_ row: RollupRow, _ kind: RollupKind, horizon: Int64) throws(StoreError) -> ClosedRange<Int64>? {
        let place = row.place
        switch (place.subject, place.level) {
        case (.totals, _): return nil
        case (.users, _): return try find(user: place.key, kind, in: hours(of: place, before: horizon))
        case (_, .hour): return try find(in: row, kind)
        case (_, .day):
            return try find(below: place, .hour, hours(of: place, before: horizon), kind)
        case (_, .total): return try find(below: place, .day, 0...RollupPlace.latestPeriod - 1, kind)
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
        users.bind(1, key == 0 ? nil : key)
        users.bind(2, hours.lowerBound * RollupPlace.millisecondsInHour)
        users.bind(3, (hours.upperBound + 1) * RollupPlace.millisecondsInHour - 1)
        users.bind(4, copying: kind.status?.name)
        return try range(users)
    }

    /// Among the rows between the bounds that the rollup keeps.
    private func find(in row: RollupRow, _ kind: RollupKind) throws(StoreError) -> ClosedRange<Int64>? {
        guard let bounds = row.rows else { return nil }
        let statement = row.place.subject == .nodes ? nodes : models
        let start = row.place.period * RollupPlace.millisecondsInHour
        statement.bind(1, bounds.lowerBound)
        statement.bind(2, bounds.upperBound)
        statement.bind(3, start)
        statement.bind(4, start + RollupPlace.millisecondsInHour - 1)
        statement.bind(5, row.place.key)
        if row.place.subject == .nodes {
            statement.bind(6, copying: kind.status?.name)
        } else {
            statement.bind(6, Int64(kind == .failedCall ? 1 : 0))
        }
        return try range(statement)
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

    private func range(_ statement: Statement) throws(StoreError) -> ClosedRange<Int64>? {
        defer { statement.reset() }
        guard try statement.step(), let least = statement.optionalInteger(0),
            let greatest = statement.optionalInteger(1)
        else { return nil }
        return max(0, least)...max(0, greatest)
    }
}
