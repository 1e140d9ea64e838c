internal import Glibc

/// What a descriptor leads to: whether to a terminal, how wide that is, and whether colour is wanted there.
struct Terminal {
    var isTerminal: Bool
    /// Columns; `nil` where there is no terminal, and nothing is cut then.
    var width: Int?
    var hasColour: Bool

    /// A file or a pipe.
    static let none = Terminal(isTerminal: false, width: nil, hasColour: false)

    /// Colour needs a terminal that is not `dumb`, and no `NO_COLOR` (https://no-color.org).
    static func detect(_ descriptor: Int32) -> Terminal {
        guard isatty(descriptor) == 1 else { return .none }
        return Terminal(
            isTerminal: true, width: columns(of: descriptor) ?? 80,
            hasColour: movesCursor && Environment.value("NO_COLOR") == nil)
    }

    /// Whether terminals here take more than lines of text: one that is `dumb`, or nobody knows, does not.
    static var movesCursor: Bool { Environment.value("TERM").map { $0 != "dumb" } ?? false }

    private static func columns(of descriptor: Int32) -> Int? {
        size(of: descriptor).flatMap { $0.ws_col > 0 ? Int($0.ws_col) : nil }
    }

    /// How many lines a terminal shows now.
    static func rows(of descriptor: Int32) -> Int {
        size(of: descriptor).flatMap { $0.ws_row > 0 ? Int($0.ws_row) : nil } ?? 24
    }

    private static func size(of descriptor: Int32) -> winsize? {
        var size = winsize()
        return ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 ? size : nil
    }

    func styled(_ text: String, _ style: Style) -> String {
        hasColour ? "\u{1b}[\(style.rawValue)m\(text)\u{1b}[0m" : text
    }
}

/// How text stands out, as the parameter of ANSI's `SGR`.
enum Style: String {
    case bold = "1"
    case dim = "2"
    case red = "31"
    case green = "32"
    case yellow = "33"
    case blue = "34"
}

/// The process's environment.
enum Environment {
    /// The value of a variable; `nil` if it is not set or empty.
    static func value(_ name: String) -> String? {
        guard let value = getenv(name), value[0] != 0 else { return nil }
        return String(cString: value)
    }
}
