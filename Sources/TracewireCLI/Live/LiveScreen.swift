internal import Glibc

/// A picture that is drawn anew over itself on a terminal, apart from what stands there, until it is closed. Elsewhere nothing
/// is drawn before the last one.
final class LiveScreen {
    private let output: Output
    private var isOpen = false

    init(_ output: Output) {
        self.output = output
    }

    /// Whether the terminal can be drawn on.
    var isLive: Bool { output.terminal.isTerminal && Terminal.movesCursor }

    /// Draws what `body` writes, as far as it has room: of more, the first lines, as many as it returns, and the last ones.
    func draw(_ body: (Output) throws -> Int) throws {
        guard isLive else { return }
        if !isOpen {
            isOpen = true
            ScreenOwner.take()
            // The other screen (DECSET 1049), and no cursor (DECSET 25): xterm's "Control Sequences".
            try output.write("\u{1b}[?1049h\u{1b}[?25l")
        }
        var terminal = output.terminal
        // The window may have another size than when it was last drawn, and a line that is longer would push others out of it.
        terminal.width = Terminal.detect(STDOUT_FILENO).width
        let picture = Output.memory(terminal)
        let head = try body(picture)
        let lines = Self.fitting(picture.lines, head: head, rows: max(1, Terminal.rows(of: STDOUT_FILENO) - 1))
        // Each line over the one before, so that nothing flickers.
        try output.write("\u{1b}[H")
        for line in lines { try output.write("\(line)\u{1b}[K\r\n") }
        try output.write("\u{1b}[J")
        try output.flush()
    }

    /// The first lines as far as they are the head, which takes two thirds of the rows at most where there is more, and the
    /// last lines.
    static func fitting(_ lines: [String], head: Int, rows: Int) -> [String] {
        guard lines.count > rows else { return lines }
        let first = head >= lines.count ? rows : min(head, rows * 2 / 3)
        return Array(lines.prefix(first) + lines.suffix(rows - first))
    }

    /// Brings back what stood on the terminal before.
    func close() throws {
        guard isOpen else { return }
        isOpen = false
        ScreenOwner.giveBack()
        try output.write("\u{1b}[?25h\u{1b}[?1049l")
        try output.flush()
    }
}
