import Foundation

extension CollectorProcess {
    /// Runs a command against this collector on a real terminal.
    ///
    /// - Parameter awaited: what must have been shown before `text` is typed.
    func onTerminal(
        _ arguments: [String], columns: Int = 80, typing text: String? = nil, after awaited: String = "",
        pager: String = ""
    ) async throws -> Outcome {
        var program = Program(executable: Program.python.executable, environment: program.environment)
        program.environment["TRACEWIRE_PAGER"] = pager
        program.environment["TERMINAL_TYPES_AFTER"] = awaited
        program.environment["TERMINAL_COLUMNS"] = "\(columns)"
        return try await program.run(
            ["python3", Paths.script("terminal.py"), Paths.tracewire.path] + arguments, input: text)
    }
}
