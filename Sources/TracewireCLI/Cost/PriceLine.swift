/// A line of a file of prices: a strict subset of TOML (https://toml.io/en/v1.0.0).
///
/// The library for all of TOML that there is (TOMLKit 0.6.0) drops digits of numbers without a word, as it reads them as
/// binary ones, does not say in which line a value stands, and links a program to Foundation and ICU.
enum PriceLine: Equatable {
    case empty
    /// `[[price]]`
    case head
    case member(key: String, Value)

    enum Value: Equatable {
        /// In quotation marks.
        case text(String)
        /// A number or a date, as it stands there.
        case bare(String)
    }

    /// Why a line is none, as the end of a sentence.
    struct Fault: Error {
        let message: String
    }

    init(_ line: Substring) throws(Fault) {
        var rest = Self.trimmed(line)
        if try Self.isOver(rest) {
            self = .empty
        } else if rest.hasPrefix("[") {
            guard rest.hasPrefix("[[price]]"), try Self.isOver(rest.dropFirst("[[price]]".count)) else {
                throw Fault(message: "the only heading that there is here is [[price]]")
            }
            self = .head
        } else {
            let key = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-") }
            rest = Self.trimmed(rest.dropFirst(key.count))
            guard !key.isEmpty, rest.first == "=" else {
                throw Fault(message: "a line is empty, a # comment, [[price]], or a key, = and a value")
            }
            rest = Self.trimmed(rest.dropFirst())
            let value = try Self.value(&rest)
            guard try Self.isOver(rest) else {
                throw Fault(
                    message: "there is something behind the value of \(key): one value, and a # before a comment")
            }
            self = .member(key: String(key), value)
        }
    }

    private static func trimmed(_ text: Substring) -> Substring {
        text.drop { $0 == " " || $0 == "\t" }
    }

    /// Whether only a comment is left.
    private static func isOver(_ text: Substring) throws(Fault) -> Bool {
        let rest = trimmed(text)
        // TOML has no other control character than the tab, not even in a comment.
        guard !rest.unicodeScalars.contains(where: { $0.value < 0x20 && $0 != "\t" || $0.value == 0x7f }) else {
            throw Fault(message: "there is a control character in it")
        }
        return rest.isEmpty || rest.first == "#"
    }

    private static func value(_ rest: inout Substring) throws(Fault) -> Value {
        if rest.first == "\"" || rest.first == "'" { return .text(try text(&rest)) }
        let bare = rest.prefix { $0 != " " && $0 != "\t" && $0 != "#" }
        rest = rest.dropFirst(bare.count)
        guard !bare.isEmpty else { throw Fault(message: "there is no value behind the =") }
        return .bare(String(bare))
    }

    private static func text(_ rest: inout Substring) throws(Fault) -> String {
        let mark = rest.removeFirst()
        guard let end = rest.firstIndex(of: mark) else {
            throw Fault(message: "a text does not end: it has a quotation mark before and behind it, in one line")
        }
        let text = rest[..<end]
        guard mark == "'" || !text.contains("\\") else {
            throw Fault(message: #"a \ may stand in a text in 'single' quotation marks only"#)
        }
        rest = rest[rest.index(after: end)...]
        return String(text)
    }
}
