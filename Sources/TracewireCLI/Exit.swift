internal import ArgumentParser
internal import Glibc

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

    /// Writes what is known, and ends with `outcome`, if there is one, also where nobody reads it or it cannot be written.
    ///
    /// - Throws: ``CommandFailure`` with `outcome`; without one, what `write` throws.
    static func report(_ outcome: @autoclosure () -> Exit?, _ write: () async throws -> Void) async throws {
        do {
            try await write()
        } catch let error where error is Output.ReaderGone || error is Output.WriteFailed {
            guard let outcome = outcome() else { throw error }
            throw CommandFailure(outcome, (error as? Output.WriteFailed)?.description ?? "")
        }
        if let outcome = outcome() { throw CommandFailure(outcome) }
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
        // The parser's own word, in the form that every other error has here.
        let prefix = "Error: "
        if message.hasPrefix(prefix) {
            Diagnostics.error(String(message.dropFirst(prefix.count)))
        } else {
            Diagnostics.plain(message)
        }
        exit((isUsage ? Exit.usage : Exit.failed).rawValue)
    }
}
