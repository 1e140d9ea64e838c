extension PlainDatabase.Table {
    /// The names of its columns, in their order.
    public var columns: [String] { declarations.map(\.name) }

    /// Each column, and its type and constraints in SQL.
    var declarations: [(name: String, type: String)] {
        switch self {
        case .users: Self.columnsOfUsers
        case .workflows: Self.columnsOfWorkflows
        case .nodes: Self.columnsOfNodes
        case .generations: Self.columnsOfGenerations
        }
    }

    private static let columnsOfUsers: [(name: String, type: String)] = [
        ("id", "INTEGER PRIMARY KEY"), ("uuid", "TEXT NOT NULL UNIQUE"), ("username", "TEXT NOT NULL UNIQUE"),
        ("email", "TEXT UNIQUE"), ("created_at", "INTEGER NOT NULL"), ("updated_at", "INTEGER NOT NULL"),
    ]

    private static let columnsOfWorkflows: [(name: String, type: String)] = [
        ("id", "INTEGER PRIMARY KEY"), ("uuid", "TEXT NOT NULL UNIQUE"), ("user_id", "INTEGER REFERENCES users (id)"),
        ("name", "TEXT NOT NULL"), ("status", "TEXT NOT NULL"), ("user_input", "TEXT"), ("input_type", "TEXT"),
        ("time_settings", "JSON TEXT"), ("date_theme", "JSON TEXT"), ("user_intent", "JSON TEXT"),
        ("search_radius", "INTEGER"), ("final_itinerary", "JSON TEXT"), ("tags", "JSON TEXT"),
        ("metadata", "JSON TEXT"), ("created_at", "INTEGER NOT NULL"), ("updated_at", "INTEGER NOT NULL"),
        ("completed_at", "INTEGER"), ("end_reason", "TEXT"), ("shed_records", "INTEGER"),
        ("shed_payloads", "INTEGER"),
    ]

    private static let columnsOfNodes: [(name: String, type: String)] = [
        ("id", "INTEGER PRIMARY KEY"), ("uuid", "TEXT NOT NULL UNIQUE"),
        ("workflow_id", "INTEGER NOT NULL REFERENCES workflows (id)"), ("node_name", "TEXT NOT NULL"),
        ("node_type", "TEXT NOT NULL"), ("execution_order", "INTEGER NOT NULL"), ("status", "TEXT NOT NULL"),
        ("state_data", "JSON TEXT"), ("input_data", "JSON TEXT"), ("output_data", "JSON TEXT"),
        ("error_message", "TEXT"), ("error_traceback", "TEXT"), ("pending_at", "INTEGER"), ("started_at", "INTEGER"),
        ("completed_at", "INTEGER"), ("duration_ms", "INTEGER"), ("tags", "JSON TEXT"), ("metadata", "JSON TEXT"),
    ]

    private static let columnsOfGenerations: [(name: String, type: String)] = [
        ("id", "INTEGER PRIMARY KEY"), ("uuid", "TEXT NOT NULL UNIQUE"),
        ("workflow_id", "INTEGER NOT NULL REFERENCES workflows (id)"), ("node_id", "INTEGER REFERENCES nodes (id)"),
        ("model_name", "TEXT NOT NULL"), ("model_provider", "TEXT"), ("system_prompt", "TEXT"), ("user_prompt", "TEXT"),
        ("output", "TEXT"), ("parsed_output", "JSON TEXT"), ("temperature", "REAL"), ("max_tokens", "INTEGER"),
        ("prompt_tokens", "INTEGER"), ("completion_tokens", "INTEGER"), ("total_tokens", "INTEGER"),
        ("latency_ms", "INTEGER"), ("error_message", "TEXT"), ("created_at", "INTEGER NOT NULL"),
        ("metadata", "JSON TEXT"),
    ]
}
