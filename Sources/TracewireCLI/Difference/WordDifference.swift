/// Two texts, word by word.
struct WordDifference {
    enum Part: Equatable {
        case same(String)
        case removed(String)
        case added(String)
    }

    let parts: [Part]

    init(_ old: String, _ new: String) {
        let (old, new) = (Self.words(old), Self.words(new))
        var parts: [Part] = []
        for step in ListDifference.steps(old, new) {
            switch step {
            case .kept(let place, _): Self.append(.same(old[place].text), to: &parts)
            case .removed(let place): Self.append(.removed(old[place].text), to: &parts)
            case .added(let place): Self.append(.added(new[place].text), to: &parts)
            }
        }
        self.parts = parts
    }

    /// Stretches of letters and digits, of white space, and single characters between them.
    private static func words(_ text: String) -> [ExactText] {
        var words: [ExactText] = []
        var rest = text[...]
        while let first = rest.first {
            let word = rest.prefix { kind($0) == kind(first) }
            let taken = kind(first) == .other ? rest.prefix(1) : word
            words.append(ExactText(taken))
            rest = rest.dropFirst(taken.count)
        }
        return words
    }

    private enum Kind {
        case word
        case space
        case other
    }

    private static func kind(_ character: Character) -> Kind {
        character.isLetter || character.isNumber ? .word : character.isWhitespace ? .space : .other
    }

    private static func append(_ part: Part, to parts: inout [Part]) {
        switch (parts.last, part) {
        case (.same(let before), .same(let text)): parts[parts.count - 1] = .same(before + text)
        case (.removed(let before), .removed(let text)): parts[parts.count - 1] = .removed(before + text)
        case (.added(let before), .added(let text)): parts[parts.count - 1] = .added(before + text)
        default: parts.append(part)
        }
    }

    /// The parts, with as much of what is the same around each change as tells where it is.
    func shortened(to columns: Int) -> [Part] {
        parts.enumerated().map { index, part in
            guard case .same(let text) = part else { return part }
            let isFirst = index == 0
            let isLast = index == parts.count - 1
            guard TerminalText.width(text) > (isFirst || isLast ? columns : 2 * columns) + 1 else { return part }
            let start = isFirst ? "…" : TerminalText.cut(text, to: columns + 1)
            let end = isLast ? "" : TerminalText.cutStart(text, to: columns + 1)
            return .same(isFirst ? end : isLast ? start : start + end.dropFirst())
        }
    }
}
