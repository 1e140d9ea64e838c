internal import Glibc

/// A question before something that cannot be undone.
enum Confirmation {
    /// Whether there is a terminal to ask on.
    static var isPossible: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

    /// Asks on the terminal.
    ///
    /// - Returns: whether the answer is `y` or `yes`; anything else, and nothing, is no.
    static func ask(_ question: String) -> Bool {
        let bytes = Array("\(question) [y/N] ".utf8)
        _ = write(STDERR_FILENO, bytes, bytes.count)
        return ["y", "yes"].contains(readLine()?.lowercased() ?? "")
    }
}
