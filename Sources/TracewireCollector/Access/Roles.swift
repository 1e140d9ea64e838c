/// What somebody may do in a project.
public struct Roles: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// May send batches.
    public static let ingest = Roles(rawValue: 1)
    /// May ask reports and SQL, and follow what is committed.
    public static let query = Roles(rawValue: 2)
    /// May do all of that, and change what is stored: retry and discard what was rejected, prune, repair.
    public static let administration: Roles = [.ingest, .query, Roles(rawValue: 4)]

    /// The name of each, as it stands in a tokens file and on a command line.
    static let names: [(name: String, roles: Roles)] = [
        ("ingest", .ingest), ("query", .query), ("admin", .administration),
    ]

    /// The names of the roles, the weakest first.
    public static var allNames: [String] { names.map(\.name) }

    /// The role of that name.
    public init?(name: String) {
        guard let roles = Self.names.first(where: { $0.name == name })?.roles else { return nil }
        self = roles
    }

    /// The roles of these names, with a comma between two; `nil` if there is none, or one is no role.
    init?(list: Substring) {
        self = []
        for name in list.split(separator: ",", omittingEmptySubsequences: false) {
            guard let role = Roles(name: String(name)) else { return nil }
            formUnion(role)
        }
    }
}

extension Roles: CustomStringConvertible {
    /// The names with a comma between two: `ingest,query`. Administration stands for the others, too.
    public var description: String {
        if contains(.administration) { return "admin" }
        return Self.names.filter { contains($0.roles) }.map(\.name).joined(separator: ",")
    }
}
