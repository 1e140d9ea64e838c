/// Whose something is that all share: a project's, by one of its tokens.
struct Owner: Hashable, Sendable {
    let project: String
    /// `nil` for whoever needs none.
    var token: String?

    /// All of its project.
    var wholeProject: Owner { Owner(project: project) }
}

extension Owner {
    init(_ principal: Principal) {
        self.init(project: principal.project.description, token: principal.token)
    }
}
