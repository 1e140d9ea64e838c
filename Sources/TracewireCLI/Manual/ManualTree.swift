/// A command as its manual page describes it: what the argument parser says of it.
struct ManualTree {
    /// With those above it: `tracewire rejected show`.
    let words: [String]
    let abstract: String
    let discussion: String
    let arguments: [ManualArgument]
    let subcommands: [ManualTree]

    /// - Parameters:
    ///   - value: a command, in the form of swift-argument-parser's `ToolInfo`, version 0.
    ///   - above: the words before its own.
    init?(_ value: JSONValue, below above: [String] = []) {
        guard let name = value["commandName"]?.string else { return nil }
        words = above + [name]
        abstract = value["abstract"]?.string ?? ""
        discussion = value["discussion"]?.string ?? ""
        arguments = (value["arguments"]?.elements ?? []).compactMap(ManualArgument.init)
        var subcommands: [ManualTree] = []
        for command in value["subcommands"]?.elements ?? [] where command["shouldDisplay"] != .boolean(false) {
            // The parser's own.
            guard let tree = ManualTree(command, below: words), tree.words.last != "help" else { continue }
            subcommands.append(tree)
        }
        self.subcommands = subcommands
    }

    /// This one and all below it.
    var all: [ManualTree] { [self] + subcommands.flatMap(\.all) }
    /// The page's: `tracewire-rejected-show`.
    var name: String { words.joined(separator: "-") }
}

/// An argument, an option or a flag of a command.
struct ManualArgument {
    enum Kind: String {
        case positional, option, flag
    }

    let kind: Kind
    /// `-n`, `--last`; none for a positional one.
    let names: [String]
    let valueName: String
    let abstract: String
    let standard: String?
    let values: [String]
    let isOptional: Bool
    let isRepeating: Bool

    /// `nil` for what is not to be shown.
    init?(_ value: JSONValue) {
        guard value["shouldDisplay"] != .boolean(false), let kind = value["kind"]?.string.flatMap(Kind.init) else {
            return nil
        }
        self.kind = kind
        names = (value["names"]?.elements ?? []).compactMap { name in
            name["name"]?.string.map { name["kind"]?.string == "long" ? "--\($0)" : "-\($0)" }
        }
        valueName = value["valueName"]?.string ?? "value"
        abstract = value["abstract"]?.string ?? ""
        standard = value["defaultValue"]?.string
        values = (value["allValues"]?.elements ?? []).compactMap(\.string)
        isOptional = value["isOptional"] == .boolean(true)
        isRepeating = value["isRepeating"] == .boolean(true)
    }
}

extension JSONValue {
    fileprivate subscript(key: String) -> JSONValue? {
        if case .object(let members) = self { members[key] } else { nil }
    }

    fileprivate var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    fileprivate var elements: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }
}
