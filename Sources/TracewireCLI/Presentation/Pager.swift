internal import Glibc

/// The program that shows what is longer than the terminal is high, a screen at a time.
///
/// `TRACEWIRE_PAGER` names it, else `PAGER`, else it is `less` where that is installed; an empty one and `cat` mean none. As
/// with git, `less` ends by itself if one screen is enough, and leaves on it what it showed (`LESS=FRX`, unless that is set).
final class Pager {
    private let stream: UnsafeMutablePointer<FILE>
    private let interrupted: sighandler_t?

    /// What is written here is shown.
    var descriptor: Int32 { fileno(stream) }

    /// `nil` where there is none, or it cannot be started.
    init?() {
        guard let command = Self.command else { return nil }
        setenv("LESS", "FRX", 0)
        // What is written is UTF-8, also where no locale says so: less(1), "National character sets".
        setenv("LESSCHARSET", "utf-8", 0)
        guard let stream = popen(command, "we") else { return nil }
        self.stream = stream
        ScreenOwner.take()
        // An interrupt is for the pager, which stops looking for more; this program ends when that is closed.
        interrupted = signal(SIGINT, SIG_IGN)
    }

    /// Returns when the person has seen enough.
    deinit {
        pclose(stream)
        ScreenOwner.giveBack()
        signal(SIGINT, interrupted)
    }

    private static var command: String? {
        for name in ["TRACEWIRE_PAGER", "PAGER"] {
            guard let value = getenv(name) else { continue }
            let command = String(cString: value)
            return command.isEmpty || command == "cat" ? nil : command
        }
        return isInstalled("less") ? "less" : nil
    }

    private static func isInstalled(_ program: String) -> Bool {
        (Environment.value("PATH") ?? "").split(separator: ":").contains { access("\($0)/\(program)", X_OK) == 0 }
    }
}
