internal import TracewireProtocol

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
