internal import TracewireProtocol

/// Why a command ends early: the exit code, and a sentence for standard error that says what to do next.
struct CommandFailure: Error, CustomStringConvertible {
    let exit: Exit
    /// Empty where everything has been said already.
    let message: String
    /// The collector's code, where it is the collector that refused.
    let code: Code
    /// Whether the collector may answer when it is asked again: it is away, stops, or has too much to do.
    let isPassing: Bool

    init(_ exit: Exit, _ message: String = "", code: Code = .ok, isPassing: Bool = false) {
        self.exit = exit
        self.message = message
        self.code = code
        self.isPassing = isPassing
    }

    var description: String { message }
}
