internal import Glibc

/// One line on a terminal that is drawn over again, ten times a second at most. Elsewhere it is nothing.
struct ProgressBar {
    private static let columns = 24
    private static let interval = Duration.milliseconds(100)

    private let terminal: Terminal
    private let clock = ContinuousClock()
    private var nextAt: ContinuousClock.Instant
    private var isDrawn = false

    /// - Parameter delay: nothing is drawn for that long: what is soon over needs no bar.
    init(terminal: Terminal = .detect(STDERR_FILENO), after delay: Duration = .zero) {
        self.terminal = terminal
        nextAt = clock.now + delay
    }

    /// Whether there is a terminal to draw on, and nobody else draws there.
    var isVisible: Bool { terminal.isTerminal && Terminal.movesCursor && !ScreenOwner.isTaken }

    /// - Parameter share: from 0 to 1; `nil` where the end is not known.
    mutating func update(share: Double?, _ text: @autoclosure () -> String) {
        guard isVisible, clock.now >= nextAt else { return }
        nextAt = clock.now + Self.interval
        isDrawn = true
        draw(Self.line(share: share, text(), width: terminal.width ?? 80))
    }

    /// Takes the line away.
    mutating func clear() {
        if isDrawn { draw("") }
        isDrawn = false
    }

    static func line(share: Double?, _ text: String, width: Int) -> String {
        guard let share else { return TerminalText.cut(text, to: width - 1) }
        let inside = min(max(share, 0), 1)
        let full = Int((inside * Double(columns)).rounded(.down))
        let bar = String(repeating: "█", count: full) + String(repeating: "░", count: columns - full)
        let percent = TerminalText.padded("\(Int((inside * 100).rounded(.down))) %", to: 5, isRight: true)
        return TerminalText.cut("\(bar) \(percent)  \(text)", to: width - 1)
    }

    private func draw(_ line: String) {
        let bytes = Array("\r\u{1b}[K\(line)".utf8)
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }
}
