internal import TracewireProtocol

// The actions on the whole database.
extension StoreWriter {
    /// Most workflows of one step: commits that wait for it wait some milliseconds.
    private static let largestStep: Int64 = 64

    /// The answer is one row: `removed`, and `more`, which is 1 if another step may remove more.
    func prune(_ arguments: [String: Value]) throws(StoreError) -> Result<ActionAnswer, QueryFault> {
        guard case .integer(let before) = arguments["before"],
            case .integer(let limit) = arguments["limit"] ?? .integer(16),
            (1...Self.largestStep).contains(limit), arguments.keys.allSatisfy({ $0 == "before" || $0 == "limit" })
        else {
            let message = "prune takes before, in milliseconds since 1970, and limit, from 1 to \(Self.largestStep)"
            return .failure(QueryFault(.invalidArgument, message))
        }
        let (removed, hasMore) = try prune(before: before, limit: Int(limit))
        return .success(
            ActionAnswer(
                columns: Columns([
                    Column(name: "removed", declaredType: "INTEGER"), Column(name: "more", declaredType: "INTEGER"),
                ]),
                rows: Rows([[.integer(Int64(removed)), .integer(hasMore ? 1 : 0)]])))
    }

    /// Nothing else is committed meanwhile: it reads all rows. The answer is one row: `repaired`, the rollups that were
    /// wrong, at most 1,000.
    func repair(
        _ arguments: [String: Value], nowMs: Int64
    ) throws(StoreError) -> Result<ActionAnswer, QueryFault> {
        guard arguments.isEmpty else {
            return .failure(QueryFault(.invalidArgument, "repair takes no arguments"))
        }
        let differences = try rollupDifferences(limit: 1_000)
        if !differences.isEmpty { try rebuildRollups(nowMs: nowMs) }
        return .success(
            ActionAnswer(
                columns: Columns([Column(name: "repaired", declaredType: "INTEGER")]),
                rows: Rows([[.integer(Int64(differences.count))]])))
    }
}
