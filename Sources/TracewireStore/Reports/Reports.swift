internal import TracewireProtocol

/// The reports by name. `protocol/SPEC.md`, section "Reports", describes each.
enum Reports {
    static let all = [
        workflows, workflow, nodes, generations, nodesOutline, generationsOutline, sheds, workflowPage, users,
        statsUsers, statsNodes, statsModels, statsUsersBy, statsNodesBy, statsModelsBy, errors, events, feed, rejected,
        rejectedRecord, parked, parkedRecord, counts,
    ]

    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    static func named(_ name: String) -> Report? { byName[name] }
}

extension Report.Argument {
    static func limit(_ standard: Int64) -> Self {
        Self(name: "limit", kind: .limit, standard: .integer(standard))
    }

    /// Whether values that are damaged are NULL, instead of the end of the answer.
    static let skipDamaged = Self(name: "skip_damaged", kind: .flag)

    /// For pages from the newest to the oldest: what comes after the row with this key.
    static let beforeID = Self(name: "before_id", kind: .integer, condition: "id < :before_id")

    /// For pages from the oldest to the newest.
    static let afterID = Self(name: "after_id", kind: .integer, standard: .integer(0), condition: "w.id > :after_id")
}
