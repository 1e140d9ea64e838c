internal import Glibc
internal import Logging

/// What is said beside the answer, on standard error.
enum Diagnostics {
    static func error(_ message: String) {
        let terminal = Terminal.detect(STDERR_FILENO)
        plain(terminal.styled("error:", .red) + " " + TerminalText.shown(message, keepingLines: true))
    }

    static func note(_ message: String) {
        plain(TerminalText.shown(message, keepingLines: true))
    }

    static func plain(_ message: String) {
        var rest = Array((message + "\n").utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}

extension Diagnostics {
    /// A logger that writes to standard error.
    static func logger(_ level: Logger.Level) -> Logger {
        var logger = Logger(label: "tracewire") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = level
        return logger
    }

    /// For commands that say themselves what went wrong.
    static var quietLogger: Logger { logger(.critical) }
}
