internal import TracewireProtocol

/// The rows with whose values rollups of one hour are measured, read some at a time by an index of their time.
final class MeasuredRows {
    /// Rows are in the order of their time, and of their `id` where that is the same.
    struct Position {
        fileprivate var time: Int64
        fileprivate var id: Int64

        /// Before every row of an hour. Times before the first hour count in it, and those after the last in that.
        init(beforeHour hour: Int64) {
            time = hour == 0 ? .min : hour * RollupPlace.millisecondsInHour
            id = .min
        }
    }

    private let subject: RollupSubject
    private let keys: RollupKeys
    /// At a position's time, behind it.
    private let same: Statement
    /// At later times of the hour.
    private let later: Statement

    init(_ connection: Connection, _ keys: RollupKeys, _ subject: RollupSubject) throws(StoreError) {
        self.subject = subject
        self.keys = keys
        same = try Statement(connection, Self.text(subject, later: false))
        later = try Statement(connection, Self.text(subject, later: true))
    }

    /// Parameters: a position's time and `id`, the hour's last millisecond, how many rows, the user.
    static func text(_ subject: RollupSubject, later: Bool) -> String {
        // No row is left out by what it says: the limit is on all that are read.
        let (table, time, columns) =
            switch subject {
            case .nodes: ("nodes", Schema.timeOfNode, "status, duration_ms, node_name, node_type")
            case .models:
                ("generations", "created_at", "error_message IS NOT NULL, latency_ms, model_name, model_provider")
            case .users, .totals: ("workflows", "created_at", "status, max(0, completed_at - created_at)")
            }
        let ofUser = subject == .users ? "user_id IS ?5 AND " : ""
        let place =
            later ? "\(time) > ?1 AND \(time) <= ?3 ORDER BY \(time), id" : "\(time) = ?1 AND id > ?2 ORDER BY id"
        return "SELECT \(time), id, \(columns) FROM \(table) WHERE \(ofUser)\(place) LIMIT ?4"
    }

    /// Reads at most `limit` rows of the hour in which `place` lies, behind a position, which moves on: of a user those of
    /// its own, else those of all names.
    ///
    /// - Returns: how many were read; fewer than `limit` if these were the last.
    func read(
        _ place: RollupPlace, from position: inout Position, limit: Int,
        _ take: (RollupPlace, RollupKind, Int64) -> Void
    ) throws(StoreError) -> Int {
        var count = 0
        for statement in [same, later] where count < limit {
            defer { statement.reset() }
            bind(statement, place, position, limit: limit - count)
            while try statement.step() {
                position.time = statement.integer(0)
                position.id = statement.integer(1)
                count += 1
                guard let kind = kind(statement), let value = statement.optionalInteger(3) else { continue }
                take(try self.place(place, statement), kind, max(0, value))
            }
        }
        return count
    }

    private func bind(_ statement: Statement, _ place: RollupPlace, _ position: Position, limit: Int) {
        let isLast = place.period == RollupPlace.latestPeriod
        statement.bind(1, position.time)
        statement.bind(2, position.id)
        statement.bind(3, isLast ? Int64.max : (place.period + 1) * RollupPlace.millisecondsInHour - 1)
        statement.bind(4, Int64(limit))
        if subject == .users { statement.bind(5, place.key == 0 ? nil : place.key) }
    }

    private func kind(_ statement: Statement) -> RollupKind? {
        guard subject != .models else { return statement.integer(2) != 0 ? .failedCall : .call }
        return Status(name: statement.text(2)).map(RollupKind.init)
    }

    /// The rollup that counts the row, in the same hour.
    private func place(_ place: RollupPlace, _ statement: Statement) throws(StoreError) -> RollupPlace {
        guard subject == .nodes || subject == .models else { return place }
        let detail = statement.isNull(5) ? nil : statement.bytes(5)
        let key = try keys.key(subject, statement.bytes(4), detail)
        return RollupPlace(subject, .hour, period: place.period, key: key)
    }
}
