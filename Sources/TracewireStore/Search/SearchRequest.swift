internal import TracewireProtocol

/// The arguments of `search`, checked.
struct SearchRequest {
    /// The filters are those of the report `workflows`, and mean the same.
    static let arguments: [Report.Argument] =
        [
            Report.Argument(name: "text", kind: .text, isRequired: true),
            Report.Argument(name: "ignore_case", kind: .flag, standard: .integer(0)), .limit(50),
        ] + Reports.workflows.arguments.filter { filters.contains($0.name) }

    private static let filters: Set<String> = ["status", "user", "name", "since", "until"]

    let text: SearchedText
    /// Most hits.
    let limit: Int
    /// Only workflows that began then or later, in milliseconds since 1970.
    let since: Int64?
    /// What the workflow `w` has to be, as SQL.
    let conditions: String
    private let values: [String: Value]

    init(_ values: [String: Value]) throws(QueryFault) {
        guard case .text(let text) = values["text"], 1...Limits.searchBytes ~= text.utf8.count else {
            throw QueryFault(.invalidArgument, "text of search has to have 1 to \(Limits.searchBytes) bytes")
        }
        self.text = SearchedText(text, ignoresCase: values["ignore_case"] == .integer(1))
        self.values = values
        limit = values["limit"]?.integer.map { Int($0) } ?? 0
        since = values["since"]?.integer
        let conditions = Self.arguments.compactMap { values[$0.name] == nil ? nil : $0.condition }
        self.conditions = ([GoingWorkflow.isWhole("w")] + conditions).joined(separator: " AND ")
    }

    /// Binds what the conditions name.
    func bind(to statement: Statement) { statement.bind(named: values) }
}

extension Value {
    fileprivate var integer: Int64? {
        if case .integer(let value) = self { value } else { nil }
    }
}
