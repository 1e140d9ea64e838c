internal import ArgumentParser

/// The words before the first option, as far as they name a command. The parser calls a word that names none an
/// unexpected argument, and shows the help of the root to whoever asks for that of a command that does not exist.
enum CommandWords {
    /// - Throws: `ValidationError` for a word that is no command, with what was probably meant.
    static func check(_ arguments: [String]) throws {
        var words = arguments.prefix { !$0.hasPrefix("-") }
        if words.first == "help" { words.removeFirst() }
        var commands = TracewireCommand.configuration.subcommands
        var path = "tracewire"
        while let word = words.popFirst(), !commands.isEmpty {
            guard let command = commands.first(where: { $0.configuration.commandName == word }) else {
                let names = commands.compactMap { $0.configuration.commandName }
                throw ValidationError("there is no command '\(path) \(word)'; \(advice(word, path, names))")
            }
            commands = command.configuration.subcommands
            path += " \(word)"
        }
    }

    private static func advice(_ word: String, _ path: String, _ names: [String]) -> String {
        // A number alone is what 'show' takes, of runs and of records.
        if Int64(word) != nil, names.contains("show") { return "did you mean '\(path) show \(word)'?" }
        if let name = nearest(to: word, among: names) { return "did you mean '\(path) \(name)'?" }
        return "'\(path) --help' lists those that there are"
    }

    /// The name that differs in the fewest letters, unless that is more than a third of them.
    private static func nearest(to word: String, among names: [String]) -> String? {
        let distances = names.map { (name: $0, distance: distance(Array(word), Array($0))) }
        guard let best = distances.min(by: { $0.distance < $1.distance }) else { return nil }
        return best.distance <= max(1, word.count / 3) ? best.name : nil
    }

    /// Letters to insert, to delete or to replace (Levenshtein). A word longer than any command differs in all.
    private static func distance(_ first: [Character], _ second: [Character]) -> Int {
        guard first.count <= 2 * second.count else { return first.count }
        var row = Array(0...second.count)
        for (line, letter) in first.enumerated() {
            var diagonal = row[0]
            row[0] = line + 1
            for (column, other) in second.enumerated() {
                let replaced = diagonal + (letter == other ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(replaced, diagonal + 1, row[column] + 1)
            }
        }
        return row[second.count]
    }
}
