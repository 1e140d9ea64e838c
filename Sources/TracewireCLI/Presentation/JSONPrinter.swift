/// Prints JSON for people: a member a line, keys and values in colours, short values together.
struct JSONPrinter {
    private static let indent = 2
    /// Columns in which a container stands on one line, where there is no terminal to say.
    private static let plainColumns = 100

    let output: Output

    /// - Parameter text: printed as it is where it is no JSON.
    func print(_ text: String) throws {
        guard let value = JSONReading.value(text) else {
            return try output.line(TerminalText.shown(text, keepingLines: true))
        }
        try print(value, depth: 0, before: "", after: "")
    }

    private func print(_ value: JSONValue, depth: Int, before: String, after: String) throws {
        let margin = String(repeating: " ", count: depth * Self.indent)
        if let line = inline(value, room: columns - margin.utf8.count - TerminalText.width(before) - 1) {
            return try output.line(margin + coloured(before: before) + line + after)
        }
        let (open, close) = if case .object = value { ("{", "}") } else { ("[", "]") }
        try output.line(margin + coloured(before: before) + open)
        try printMembers(of: value, depth: depth + 1)
        try output.line(margin + close + after)
    }

    private func printMembers(of value: JSONValue, depth: Int) throws {
        switch value {
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                try print(element, depth: depth, before: "", after: index < elements.count - 1 ? "," : "")
            }
        case .object(let members):
            for (index, key) in members.keys.enumerated() {
                let before = TerminalText.shown(JSONValue.string(key).text) + ": "
                try print(
                    members[key] ?? .null, depth: depth, before: before,
                    after: index < members.keys.count - 1 ? "," : "")
            }
        default: break
        }
    }

    private var columns: Int { output.terminal.width ?? Self.plainColumns }

    private func coloured(before: String) -> String {
        before.isEmpty ? "" : output.terminal.styled(String(before.dropLast(2)), .blue) + ": "
    }

    /// The value on one line; `nil` for a container that has no room there.
    private func inline(_ value: JSONValue, room: Int) -> String? {
        switch value {
        case .string: return output.terminal.styled(TerminalText.shown(value.text), .green)
        case .number: return output.terminal.styled(value.text, .yellow)
        case .null, .boolean: return output.terminal.styled(value.text, .bold)
        case .opaque: return TerminalText.shown(value.text)
        case .array(let elements):
            guard !elements.contains(where: \.isContainer) || elements.isEmpty else { return nil }
            return together(value, elements.map { ("", $0) }, "[", "]", room)
        case .object(let members):
            let all = members.keys.map { ($0, members[$0] ?? .null) }
            guard !all.contains(where: { $0.1.isContainer }) else { return nil }
            return together(value, all, "{", "}", room)
        }
    }

    private func together(
        _ value: JSONValue, _ members: [(key: String, value: JSONValue)], _ open: String, _ close: String, _ room: Int
    ) -> String? {
        // With a space behind each comma and colon.
        guard TerminalText.width(TerminalText.shown(value.text)) + 2 * members.count <= room else { return nil }
        let parts = members.map { member in
            let key =
                member.key.isEmpty && open == "[" ? "" : TerminalText.shown(JSONValue.string(member.key).text) + ": "
            return coloured(before: key) + (inline(member.value, room: .max) ?? "")
        }
        return open + parts.joined(separator: ", ") + close
    }
}
