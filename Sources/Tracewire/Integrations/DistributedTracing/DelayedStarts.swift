#if DistributedTracing
    internal import NIOCore
    internal import Synchronization

    /// Spans whose starts wait for their attributes. Those that nothing else has decided are decided when their time has
    /// come, so that a node that hangs is seen, and that of a process that dies is not lost.
    final class DelayedStarts: Sendable {
        /// Beyond these, spans are decided at once.
        static let limit = 16_384

        private struct Waiting {
            let due: NIODeadline
            weak let span: TracewireSpan?
        }

        private struct State {
            /// In the order in which they are due.
            var waiting: [Waiting] = []
            var isScheduled = false
        }

        private let state = Mutex(State())
        private let eventLoop: any EventLoop
        /// A span waits for one, and then for a look, which comes one later at most.
        private let halfDelay: TimeAmount

        init(_ delay: Duration, _ eventLoop: any EventLoop) {
            self.eventLoop = eventLoop
            halfDelay = TimeAmount(delay / 2)
        }

        /// Returns `false` if the span may not wait.
        func add(_ span: TracewireSpan) -> Bool {
            guard halfDelay > .zero else { return false }
            let (isTaken, mustSchedule) = state.withLock { state in
                guard state.waiting.count < Self.limit else { return (false, false) }
                // Asked under the lock: a later span must not be due earlier.
                state.waiting.append(Waiting(due: .now() + halfDelay, span: span))
                defer { state.isScheduled = true }
                return (true, !state.isScheduled)
            }
            if mustSchedule { schedule() }
            return isTaken
        }

        private func schedule() {
            eventLoop.scheduleTask(in: halfDelay) { self.decideDue() }
        }

        private func decideDue() {
            let (due, mustSchedule) = state.withLock { state in
                let now = NIODeadline.now()
                let due = state.waiting.prefix { $0.due <= now }
                state.waiting.removeFirst(due.count)
                state.isScheduled = !state.waiting.isEmpty
                return (due, state.isScheduled)
            }
            if mustSchedule { schedule() }
            for waiting in due { waiting.span?.decide() }
        }
    }
#endif
