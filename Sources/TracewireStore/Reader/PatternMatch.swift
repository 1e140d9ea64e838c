/// A text and a pattern of `LIKE` or `GLOB`, compared as SQLite does it (`patternCompare` in its `func.c`), which cannot be
/// interrupted. A letter is the same in both cases for `LIKE`, if it is one of ASCII.
struct PatternMatch {
    enum Wildcards {
        /// `%` and `_`, and a character behind which they stand for themselves; none if that is empty.
        case like(escape: UnsafeRawBufferPointer)
        /// `*`, `?` and sets in brackets.
        case glob
    }

    private let pattern: UnsafeRawBufferPointer
    private let text: UnsafeRawBufferPointer
    private let any: UInt8
    private let one: UInt8
    private let escape: UnsafeRawBufferPointer
    private let isGlob: Bool
    private var pace = Pace()

    init(pattern: UnsafeRawBufferPointer, text: UnsafeRawBufferPointer, _ wildcards: Wildcards) {
        self.pattern = pattern
        self.text = text
        switch wildcards {
        case .like(let escape):
            (any, one, isGlob) = (UInt8(ascii: "%"), UInt8(ascii: "_"), false)
            self.escape = escape
        case .glob:
            (any, one, isGlob) = (UInt8(ascii: "*"), UInt8(ascii: "?"), true)
            escape = UnsafeRawBufferPointer(start: nil, count: 0)
        }
    }

    /// Where a comparison is, in the pattern and in the text.
    private struct Place {
        var pattern = 0
        var text = 0
    }

    /// Whether they match; `nil` if the query has to end before that is known.
    mutating func isMatch() -> Bool? {
        var place = Place()
        // Behind the last wildcard for any text: what comes before it has matched for good.
        var retry: Place?
        while !pace.isOver() {
            if place.pattern == pattern.count {
                if place.text == text.count { return true }
            } else if isAny(place.pattern) {
                while place.pattern < pattern.count, isAny(place.pattern) { place.pattern += 1 }
                if place.pattern == pattern.count { return true }
                retry = place
                continue
            } else if let next = next(place) {
                place = next
                continue
            }
            guard var later = retry, later.text < text.count else { return false }
            later.text = candidate(of: later.pattern, after: later.text)
            (place, retry) = (later, later)
        }
        return nil
    }

    private func isAny(_ place: Int) -> Bool { pattern[place] == any && !isEscape(place) }

    private func isEscape(_ place: Int) -> Bool {
        guard let first = escape.first, pattern[place] == first else { return false }
        return pattern[place...].starts(with: escape)
    }

    /// Behind what one place of the pattern matches; `nil` if that is not in the text.
    private mutating func next(_ place: Place) -> Place? {
        guard place.text < text.count else { return nil }
        if isEscape(place.pattern) {
            let literal = place.pattern + escape.count
            return literal < pattern.count ? matched(Place(pattern: literal, text: place.text)) : nil
        }
        let byte = pattern[place.pattern]
        if byte == one { return Place(pattern: place.pattern + 1, text: text.character(at: place.text).end) }
        if isGlob, byte == UInt8(ascii: "[") { return matchedSet(place) }
        return matched(place)
    }

    private func matched(_ place: Place) -> Place? {
        guard folded(pattern[place.pattern]) == folded(text[place.text]) else { return nil }
        return Place(pattern: place.pattern + 1, text: place.text + 1)
    }

    private func folded(_ byte: UInt8) -> UInt8 {
        !isGlob && UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte ? byte | 0x20 : byte
    }

    /// The next place in the text where what stands at `place` in the pattern may match; the text's end if there is none.
    private mutating func candidate(of place: Int, after start: Int) -> Int {
        let next = text.character(at: start).end
        let byte = pattern[place]
        guard byte != one, !(isGlob && byte == UInt8(ascii: "[")), !isEscape(place) else { return next }
        let wanted = folded(byte)
        let found = text[next...].firstIndex { folded($0) == wanted } ?? text.count
        _ = pace.isOver(steps: found - start)
        return found
    }

    /// A set, such as `[a-z]`, `[^a]` and `[]a]`.
    private mutating func matchedSet(_ place: Place) -> Place? {
        let (character, textEnd) = text.character(at: place.text)
        var at = place.pattern + 1
        func read() -> UInt32? {
            guard at < pattern.count else { return nil }
            let (value, end) = pattern.character(at: at)
            at = end
            return value
        }
        func peek() -> UInt8? { at < pattern.count ? pattern[at] : nil }
        let (dash, closing) = (UInt32(UInt8(ascii: "-")), UInt32(UInt8(ascii: "]")))
        var (isSeen, isInverted) = (false, false)
        var before: UInt32 = 0
        var next = read()
        if next == UInt32(UInt8(ascii: "^")) {
            isInverted = true
            next = read()
        }
        if next == closing {
            isSeen = character == closing
            next = read()
        }
        while let member = next, member != closing {
            if member == dash, before > 0, let following = peek(), following != UInt8(ascii: "]"), let last = read() {
                if before <= character, character <= last { isSeen = true }
                before = 0
            } else {
                if character == member { isSeen = true }
                before = member
            }
            next = read()
        }
        _ = pace.isOver(steps: at - place.pattern)
        return next != nil && isSeen != isInverted ? Place(pattern: at, text: textEnd) : nil
    }
}

extension UnsafeRawBufferPointer {
    /// The character of a UTF-8 text that begins at a byte, and where it ends. Of bytes that are none, one that stands for
    /// them, as SQLite reads them (`sqlite3Utf8Read` in its `utf.c`).
    fileprivate func character(at start: Int) -> (value: UInt32, end: Int) {
        let first = self[start]
        guard first >= 0xC0 else { return (UInt32(first), start + 1) }
        var value = UInt32(first & (first < 0xE0 ? 0x1F : first < 0xF0 ? 0x0F : first < 0xF8 ? 0x07 : 0x03))
        var end = start + 1
        while end < count, self[end].continuesCharacter {
            value = value << 6 &+ UInt32(self[end] & 0x3F)
            end += 1
        }
        let isNone = value < 0x80 || value & 0xFFFF_F800 == 0xD800 || value & 0xFFFF_FFFE == 0xFFFE
        return (isNone ? 0xFFFD : value, end)
    }
}
