internal import ArgumentParser
internal import TracewireProtocol

/// Which workflows a list, or what follows their events, is about.
struct WorkflowFilterOptions: ParsableArguments {
    @Option(help: "Only workflows of that user.")
    var user: String?

    @Option(help: "Only workflows of that name.")
    var name: String?

    @Option(help: "Only workflows that have that tag.")
    var tag: String?

    @Option(help: "Only workflows whose name or input contains that text.")
    var search: String?

    /// Arguments of the reports.
    var filters: [String: Value?] {
        [
            "user": user.map(Value.text), "name": name.map(Value.text), "tag": tag.map(Value.text),
            "search": search.map(Value.text),
        ]
    }
}
