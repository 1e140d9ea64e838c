internal import Glibc

/// A question before something that cannot be undone.
enum Confirmation {
    /// Asks on the terminal. Where there is none, nobody can be asked, and it is agreed.
    ///
    /// - Returns: whether the answer is `y` or `yes`; anything else, and nothing, is no.
    static func ask(_ question: String) -> Bool {
        guard isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1 else { return true }
        let bytes = Array("\(question) [y/N] ".utf8)
        _ = write(STDERR_FILENO, bytes, bytes.count)
        return ["y", "yes"].contains(readLine()?.lowercased() ?? "")
    }
}
