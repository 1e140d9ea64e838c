internal import ArgumentParser
internal import Glibc
internal import Logging
internal import TracewireProtocol

/// How the program ended, for scripts.
enum Exit: Int32 {
    case fine = 0
    case failed = 1
    case usage = 2
    case noCollector = 3
    case rejected = 4

    /// Says on standard error why, and ends the process.
    static func end(with error: any Error) -> Never {
        switch error {
        case is Output.ReaderGone: exit(Exit.fine.rawValue)
        case let failure as CommandFailure: end(failure)
        case let failure as Output.WriteFailed: end(CommandFailure(.failed, failure.description))
        default: endParsing(error)
        }
    }

    private static func end(_ failure: CommandFailure) -> Never {
        if !failure.message.isEmpty { Diagnostics.error(failure.message) }
        exit(failure.exit.rawValue)
    }

    /// Help and versions go to standard output; everything else that the parser says is wrong usage.
    private static func endParsing(_ error: any Error) -> Never {
        let isHelp = TracewireCommand.exitCode(for: error) == .success
        let isUsage = TracewireCommand.exitCode(for: error) == .validationFailure
        let message = TracewireCommand.fullMessage(for: error)
        if isHelp {
            print(message)
            exit(Exit.fine.rawValue)
        }
        Diagnostics.plain(message)
        exit((isUsage ? Exit.usage : Exit.failed).rawValue)
    }
}

/// Why a command ends early: the exit code, and a sentence for standard error that says what to do next.
struct CommandFailure: Error, CustomStringConvertible {
    let exit: Exit
    /// Empty where everything has been said already.
    let message: String
    /// The collector's code, where it is the collector that refused.
    let code: Code

    init(_ exit: Exit, _ message: String = "", code: Code = .ok) {
        self.exit = exit
        self.message = message
        self.code = code
    }

    var description: String { message }
}

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
        let bytes = Array((message + "\n").utf8)
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(STDERR_FILENO, $0.baseAddress.map { $0 + written }, bytes.count - written)
            }
            guard count > 0 else { return }
            written += count
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
