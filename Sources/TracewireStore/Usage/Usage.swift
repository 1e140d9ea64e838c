internal import CSQLite
internal import TracewireProtocol

/// The procedure `usage`: the tokens of generations by day (UTC), model and provider, and by user or workflow name if that is
/// asked for.
///
/// It reads the rows of the period in the order of their time, and gives a day's sums when the next one begins: its
/// time grows with the generations of the period, its memory only with the groups of one day. One statement with
/// `GROUP BY` would have to sort all of the rows.
enum Usage {
    /// Groups of one day: a bound on memory, some hundred bytes each.
    private static let mostGroups = 500_000
    private static let millisecondsInDay: Int64 = 86_400_000

    static let procedure = Procedure(
        name: "usage",
        arguments: [
            Report.Argument(name: "by", kind: .oneOf(["user", "name"])),
            Report.Argument(name: "since", kind: .integer, condition: "g.created_at >= :since"),
            Report.Argument(name: "until", kind: .integer, condition: "g.created_at < :until"),
            Report.Argument(
                name: "user", kind: .text, condition: "w.user_id = (SELECT id FROM users WHERE username = :user)"),
            Report.Argument(name: "name", kind: .text, condition: "w.name = :name"),
            Report.Argument(name: "model", kind: .text, condition: "g.model_name = :model"),
        ],
        columns: Columns([
            Column(name: "day", declaredType: "INTEGER"), Column(name: "model_name", declaredType: "TEXT"),
            Column(name: "model_provider", declaredType: "TEXT"), Column(name: "user", declaredType: "TEXT"),
            Column(name: "workflow_name", declaredType: "TEXT"), Column(name: "calls", declaredType: "INTEGER"),
            Column(name: "calls_without_tokens", declaredType: "INTEGER"),
            Column(name: "failed_without_tokens", declaredType: "INTEGER"),
            Column(name: "uncached_tokens", declaredType: "INTEGER"),
            Column(name: "cached_tokens", declaredType: "INTEGER"),
            Column(name: "completion_tokens", declaredType: "INTEGER"),
        ]),
        sendsEachRow: false, run: run)

    @Sendable private static func run(_ call: ProcedureCall) throws(QueryFault) {
        let connection = try call.open()
        // One snapshot of rows, names and segments; it ends with the connection.
        try call.perform { () throws(StoreError) in try connection.execute("BEGIN") }
        let grouping = UsageGrouping(call.values["by"])
        let (rows, cachedTokens, output) = try call.perform { () throws(StoreError) in
            let rows = try Statement(connection, sql(call.values, grouping))
            rows.bind(named: call.values)
            return (rows, try CachedTokens(connection), try UsageOutput(connection, grouping, call))
        }
        var day: Int64?
        var groups = UsageGroups()
        while try call.step(rows) {
            let rowsDay = rows.integer(0) / millisecondsInDay
            if let day, day != rowsDay { try output.emit(groups.take(), day: day * millisecondsInDay) }
            day = rowsDay
            groups.add(rows, cached: try call.perform { () throws(StoreError) in try cachedTokens.count(rows, 7) })
            guard groups.count <= mostGroups else {
                throw QueryFault(
                    .rowLimit, "a day of it has more than \(mostGroups) groups: ask for one user, name or model")
            }
        }
        if let day { try output.emit(groups.take(), day: day * millisecondsInDay) }
    }

    private static func sql(_ values: [String: Value], _ grouping: UsageGrouping) -> String {
        let conditions = procedure.arguments.compactMap { values[$0.name] == nil ? nil : $0.condition }
        let needsWorkflow = grouping != .none || conditions.contains { $0.hasPrefix("w.") }
        // Another index would not give the rows in the order of their time.
        return """
            SELECT g.created_at, g.model_name, g.model_provider, g.prompt_tokens, g.completion_tokens, g.total_tokens,
                g.error_message IS NOT NULL, g.metadata, \(grouping.column)
            FROM generations g INDEXED BY generations_at
                \(needsWorkflow ? "CROSS JOIN workflows w ON w.id = g.workflow_id" : "")
            WHERE \(conditions.isEmpty ? "1" : conditions.joined(separator: " AND ")) ORDER BY g.created_at
            """
    }
}

/// What usage is grouped by beside day, model and provider.
enum UsageGrouping {
    case none
    case user
    case name

    init(_ value: Value?) {
        self =
            switch value {
            case .text("user"): .user
            case .text("name"): .name
            default: .none
            }
    }

    /// The column of the statement that tells a group from another.
    var column: String {
        switch self {
        case .none: "NULL"
        case .user: "w.user_id"
        case .name: "w.name"
        }
    }
}
