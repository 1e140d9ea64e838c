internal import Synchronization

/// Says on the terminal, from a second on, that an answer is still waited for, until it comes.
final class WaitingLine: Sendable {
    private static let delay = Duration.seconds(1)
    private static let tick = Duration.milliseconds(500)

    private struct State {
        var bar: ProgressBar
        var isOver = false
    }

    private let state = Mutex(State(bar: ProgressBar()))
    private let start = ContinuousClock.now
    private let task = Mutex<Task<Void, Never>?>(nil)

    init() {
        guard state.withLock({ $0.bar.isVisible }) else { return }
        let drawing = Task { [weak self] in
            var pause = Self.delay
            while (try? await Task.sleep(for: pause)) != nil, let self, self.draw() { pause = Self.tick }
        }
        task.withLock { $0 = drawing }
    }

    /// Returns whether to go on.
    private func draw() -> Bool {
        state.withLock { state in
            guard !state.isOver else { return false }
            let seconds = start.duration(to: .now).components.seconds
            state.bar.update(share: nil, "waiting for the collector, for \(seconds) s; Ctrl-C ends it")
            return true
        }
    }

    /// Takes the line away. Nothing is drawn any more.
    func end() {
        state.withLock { state in
            guard !state.isOver else { return }
            state.isOver = true
            state.bar.clear()
        }
        task.withLock { task in
            task?.cancel()
            task = nil
        }
    }
}
