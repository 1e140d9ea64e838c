internal import TracewireProtocol

/// Gives the groups of a day as rows.
struct UsageOutput {
    private let grouping: UsageGrouping
    private let call: ProcedureCall
    private let users: Statement

    init(_ connection: Connection, _ grouping: UsageGrouping, _ call: ProcedureCall) throws(StoreError) {
        self.grouping = grouping
        self.call = call
        users = try Statement(connection, "SELECT username FROM users WHERE id = ?")
    }

    func emit(_ groups: [UsageGroups.Group], day: Int64) throws(QueryFault) {
        for group in groups {
            let sums = group.sums
            try call.emit([
                .integer(day), .text(group.model), group.provider.map(Value.text) ?? .null,
                try username(group), grouping == .name ? group.owner : .null, .integer(sums.calls),
                .integer(sums.callsWithoutTokens), .integer(sums.failedWithoutTokens), .integer(sums.uncachedTokens),
                .integer(sums.cachedTokens), .integer(sums.completionTokens),
            ])
        }
    }

    private func username(_ group: UsageGroups.Group) throws(QueryFault) -> Value {
        guard grouping == .user, case .integer(let id) = group.owner else { return .null }
        users.bind(1, id)
        defer { users.reset() }
        return try call.step(users) ? .text(users.text(0)) : .null
    }
}
