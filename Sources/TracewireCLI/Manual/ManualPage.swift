/// A command's page in the language of `man` (man(7)).
struct ManualPage {
    let command: ManualTree
    /// Of the program: `tracewire 0.1.0`.
    let version: String
    /// The pages that it refers to.
    let others: [String]

    var text: String {
        var lines = [".TH \(quoted(command.name.uppercased())) 1 \"\" \(quoted(version)) \"Tracewire\""]
        lines += [".SH NAME", "\(escaped(command.name)) \\- \(escaped(command.abstract))"]
        lines += [".SH SYNOPSIS", synopsis]
        lines += [".SH DESCRIPTION"] + paragraphs(command.discussion.isEmpty ? command.abstract : command.discussion)
        lines += section("ARGUMENTS", command.arguments.filter { $0.kind == .positional })
        lines += section("OPTIONS", command.arguments.filter { $0.kind != .positional })
        if !command.subcommands.isEmpty {
            lines.append(".SH COMMANDS")
            for below in command.subcommands {
                lines += [".TP", ".B \(escaped(below.words.last ?? ""))", text(below.abstract)]
            }
        }
        lines += [".SH EXIT STATUS"] + paragraphs(Self.exitStatus)
        if !others.isEmpty {
            lines += [".SH SEE ALSO", others.map { "\\fB\(escaped($0))\\fR(1)" }.joined(separator: ", ")]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static let exitStatus =
        "0 fine, 1 failed, 2 wrong usage, 3 no collector there, 4 something was rejected or unreadable."

    private var synopsis: String {
        var parts = ["\\fB\(escaped(command.words.joined(separator: " ")))\\fR"]
        if command.arguments.contains(where: { $0.kind != .positional }) { parts.append("[\\fIoptions\\fR]") }
        for argument in command.arguments where argument.kind == .positional {
            let name = "\\fI\(escaped(argument.valueName))\\fR" + (argument.isRepeating ? " ..." : "")
            parts.append(argument.isOptional ? "[\(name)]" : name)
        }
        if !command.subcommands.isEmpty { parts.append("\\fIcommand\\fR") }
        return parts.joined(separator: " ")
    }

    private func section(_ title: String, _ arguments: [ManualArgument]) -> [String] {
        guard !arguments.isEmpty else { return [] }
        return [".SH \(title)"] + arguments.flatMap(item)
    }

    private func item(_ argument: ManualArgument) -> [String] {
        let value = "\\fI\(escaped(argument.valueName))\\fR"
        let names = argument.names.map { "\\fB\(escaped($0))\\fR" + (argument.kind == .option ? " \(value)" : "") }
        var help = [argument.abstract]
        if !argument.values.isEmpty, !argument.values.allSatisfy(argument.abstract.contains) {
            help.append("One of: \(argument.values.joined(separator: ", ")).")
        }
        if let standard = argument.standard { help.append("Default: \(standard).") }
        return [".TP", names.isEmpty ? value : names.joined(separator: ", "), text(help.joined(separator: " "))]
    }

    /// Paragraphs, and what is indented in them as it stands.
    private func paragraphs(_ text: String) -> [String] {
        var lines: [String] = []
        var isAsItStands = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let isIndented = line.hasPrefix("  ")
            if isIndented != isAsItStands, !line.isEmpty {
                lines.append(isIndented ? ".RS\n.nf" : ".fi\n.RE")
                isAsItStands = isIndented
            }
            lines.append(
                line.isEmpty ? (isAsItStands ? "" : ".PP") : self.text(String(isIndented ? line.dropFirst(2) : line)))
        }
        if isAsItStands { lines.append(".fi\n.RE") }
        return lines
    }

    /// A line of text, which is no request to the formatter.
    private func text(_ line: String) -> String {
        let escaped = escaped(line)
        return escaped.hasPrefix(".") || escaped.hasPrefix("'") ? "\\&" + escaped : escaped
    }

    /// What is typed is typed with ASCII's hyphen and quotes, which `man` would replace.
    private func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": escaped += "\\e"
            case "-": escaped += "\\-"
            case "'": escaped += "\\(aq"
            case "`": escaped += "\\(ga"
            case "^": escaped += "\\(ha"
            case "~": escaped += "\\(ti"
            case _ where !character.isASCII: escaped += "\\[u\(hexadecimal(character.value))]"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }

    /// Four digits at least, in capital letters: groff_char(7).
    private func hexadecimal(_ value: UInt32) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    private func quoted(_ text: String) -> String { "\"\(escaped(text))\"" }
}
