internal import TracewireProtocol

/// Who is at the other end of a connection: which project is theirs, and what they may do in it.
struct Principal: Equatable, Sendable {
    /// The token that they showed, as it was then; `nil` for whoever needs none.
    let shown: AccessToken?
    let project: ProjectName
    let roles: Roles

    init(_ token: AccessToken) {
        (shown, project, roles) = (token, token.project, token.roles)
    }

    private init(roles: Roles) {
        (shown, project, self.roles) = (nil, .standard, roles)
    }

    /// Whoever reaches a collector that asks for no token: its operator.
    static let trusted = Principal(roles: .administration)

    /// The id of their token.
    var token: String? { shown?.id }

    /// Whether they may do what reaches beyond their project: have files written on the collector's machine, and know how the
    /// collector is as a whole.
    var isOperator: Bool { project == .standard && roles.contains(.administration) }
}

extension Principal {
    /// Procedures that write files where the collector runs.
    private static let writingFiles: Set<String> = ["backup"]
    /// Reports for who looks after the collector, and every action.
    private static let administrative: Set<String> = ["check"]

    /// Why `request` is refused to them; `nil` if they may ask it.
    func refusal(of request: Query.Request, actions: [String]) -> Summary? {
        guard roles.contains(.query) else { return Self.refusal("query") }
        guard case .report(let name, _) = request else { return nil }
        if Self.writingFiles.contains(name), !isOperator {
            return Summary(
                code: .notPermitted,
                message: "\(name) writes a file on the collector's machine, which only a token of the project "
                    + "'\(ProjectName.standard)' with the role admin allows")
        }
        let isAdministrative = actions.contains(name) || Self.administrative.contains(name)
        return isAdministrative && !roles.contains(.administration) ? Self.refusal("admin") : nil
    }

    /// Why they may not follow what is committed; `nil` if they may.
    var refusalOfWatching: Summary? { roles.contains(.query) ? nil : Self.refusal("query") }

    /// Why `hello` is refused to them; `nil` if they may begin.
    func refusal(of hello: Hello) -> ProtocolViolation? {
        guard hello.producer != .zero, !roles.contains(.ingest) else { return nil }
        return ProtocolViolation(.unauthorized, "the token does not allow to send: it lacks the role ingest")
    }

    private static func refusal(_ role: String) -> Summary {
        Summary(code: .notPermitted, message: "the token does not allow it: it lacks the role \(role)")
    }
}
