/// The statement that `sql` is given. One that begins with a comment looks like an option to the parser.
enum StatementArgument {
    /// The arguments with such a statement at their end, behind the `--` that says that no options follow.
    static func moved(_ arguments: [String]) -> [String] {
        guard arguments.first == "sql", !arguments.contains("--"),
            let index = arguments.indices.first(where: { beginsWithComment(arguments[$0]) }),
            // A parameter's value may be anything.
            arguments[index - 1] != "--parameter"
        else { return arguments }
        var moved = arguments
        let statement = moved.remove(at: index)
        return moved + ["--", statement]
    }

    /// Of the options only a value may have white space in it, behind an equals sign.
    private static func beginsWithComment(_ argument: String) -> Bool {
        guard argument.hasPrefix("--"), let space = argument.firstIndex(where: \.isWhitespace) else { return false }
        return !argument[..<space].contains("=")
    }
}
