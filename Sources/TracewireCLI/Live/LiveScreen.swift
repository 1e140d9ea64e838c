internal import Glibc

/// A picture that is drawn anew over itself on a terminal, apart from what stands there, until it is closed. Elsewhere nothing
/// is drawn before the last one.
final class LiveScreen {
    private let output: Output
    private var isOpen = false

    init(_ output: Output) {
        self.output = output
    }

    var isLive: Bool { output.terminal.isTerminal }

    /// Draws what `body` writes, as far as it has room; the last lines of it if it does not, or the first ones.
    func draw(fromTop: Bool = false, _ body: (Output) throws -> Void) throws {
        guard isLive else { return }
        if !isOpen {
            isOpen = true
            // The other screen (DECSET 1049), and no cursor (DECSET 25): xterm's "Control Sequences".
            try output.write("\u{1b}[?1049h\u{1b}[?25l")
        }
        var terminal = output.terminal
        // The window may have another size than when it was last drawn.
        if terminal.width != nil { terminal.width = Terminal.detect(STDOUT_FILENO).width }
        let picture = Output.memory(terminal)
        try body(picture)
        let room = max(1, Terminal.rows(of: STDOUT_FILENO) - 1)
        let lines = fromTop ? picture.lines.prefix(room) : picture.lines.suffix(room)
        // Each line over the one before, so that nothing flickers.
        try output.write("\u{1b}[H")
        for line in lines { try output.write("\(line)\u{1b}[K\r\n") }
        try output.write("\u{1b}[J")
        try output.flush()
    }

    /// Brings back what stood on the terminal before.
    func close() throws {
        guard isOpen else { return }
        isOpen = false
        try output.write("\u{1b}[?25h\u{1b}[?1049l")
        try output.flush()
    }
}
