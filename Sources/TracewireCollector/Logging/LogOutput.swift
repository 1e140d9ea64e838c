internal import Glibc
public import Logging
internal import NIOConcurrencyHelpers
internal import NIOPosix
internal import TracewireProtocol

/// Where a collector's log goes: a descriptor that a thread of its own writes to. Who logs never waits for it: a line for
/// which there is no room is dropped and counted.
public final class LogOutput: Sendable {
    /// Lines that wait to be written, in bytes.
    private static let waitingBytes = 256 << 10
    private static let lineFeed = UInt8(ascii: "\n")

    private struct State {
        var budget: LogBudget
        var waiting: [UInt8] = []
        /// Which of these lines say how many were dropped.
        var counts: [DroppedCount] = []
        var isWriting = false
        var isStopped = false
        /// Whether the last line was written, or never will be.
        var isDone: Bool { waiting.isEmpty && !isWriting }
    }

    private let descriptor: Int32
    private let format: LogFormat
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state: NIOLockedValueBox<State>
    /// Whether there is something for the thread.
    private let work = ConditionLock(value: false)
    /// Whether the thread has nothing to write.
    private let rest = ConditionLock(value: true)
    private let thread = NIOThreadPool(numberOfThreads: 1)

    /// - Parameters:
    ///   - descriptor: stays open.
    ///   - bytesPerMinute: what may be logged in a minute.
    public init(
        descriptor: Int32, format: LogFormat, bytesPerMinute: Int,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        (self.descriptor, self.format, self.now) = (descriptor, format, now)
        state = NIOLockedValueBox(State(budget: LogBudget(bytesPerMinute: bytesPerMinute)))
        thread.start()
        thread.submit { [self] _ in writeAll() }
    }

    /// A logger that writes here what is of `level` and above.
    public func logger(_ level: Logger.Level) -> Logger {
        var logger = Logger(label: "tracewire") { _ in CollectorLogHandler(output: self) }
        logger.logLevel = level
        return logger
    }

    func append(_ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata) {
        let atMs = WallClock.nowMs()
        let line = LogLine(format, atMs: atMs, level: level, message: message, metadata: metadata).bytes
        let now = now()
        let isAdded = state.withLockedValue { state in
            guard !state.isStopped else { return false }
            guard state.waiting.count + line.count <= Self.waitingBytes else {
                state.budget.drop()
                return false
            }
            guard let dropped = state.budget.admit(line.count, at: now) else { return false }
            if dropped > 0 { tell(dropped, atMs, &state) }
            state.waiting += line
            return true
        }
        if isAdded { wake() }
    }

    /// Waits until all is written or lost, but no longer than that: perhaps nobody reads.
    func settle(waiting seconds: Double) {
        if rest.lock(whenValue: true, timeoutSeconds: seconds) { rest.unlock() }
    }

    /// Ends it, and waits until all is written, but no longer than that.
    public func close(waiting seconds: Double = 1) {
        state.withLockedValue { state in
            let dropped = state.budget.takeDropped()
            if dropped > 0, !state.isStopped { tell(dropped, WallClock.nowMs(), &state) }
            state.isStopped = true
        }
        wake()
        settle(waiting: seconds)
    }

    private func tell(_ count: Int, _ atMs: Int64, _ state: inout State) {
        state.waiting +=
            LogLine(
                format, atMs: atMs, level: .warning,
                message: "lines of the log were dropped: there were too many, or they could not be written",
                metadata: ["count": "\(count)"]
            ).bytes
        state.counts.append(DroppedCount(end: state.waiting.count, lines: count))
    }

    private func wake() {
        rest.lock()
        rest.unlock(withValue: state.withLockedValue { $0.isDone })
        work.lock()
        work.unlock(withValue: true)
    }

    private func writeAll() {
        // Whether the last thing that was written is a part of a line.
        var isInsideLine = false
        while true {
            work.lock(whenValue: true)
            work.unlock(withValue: false)
            let (bytes, counts, isLast) = state.withLockedValue { state in
                defer { (state.waiting, state.counts, state.isWriting) = ([], [], true) }
                return (state.waiting, state.counts, state.isStopped)
            }
            let whole = isInsideLine ? [Self.lineFeed] + bytes : bytes
            let lost = write(whole)
            if let last = whole.dropLast(lost.count).last { isInsideLine = last != Self.lineFeed }
            let lostLines = DroppedCount.lines(in: lost.suffix(bytes.count), of: bytes.count, counts)
            rest.lock()
            rest.unlock(
                withValue: state.withLockedValue { state in
                    state.budget.drop(lostLines)
                    state.isWriting = false
                    return state.isDone
                })
            guard !isLast else { return }
        }
    }

    /// What cannot be written is lost. Returns it: how many lines that is will be said with the next one.
    private func write(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EAGAIN {
                // Somebody made it non-blocking: it is waited for here.
                var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = Glibc.poll(&poll, 1, -1)
                continue
            }
            guard count > 0 || errno == EINTR else { return rest }
            rest = rest.dropFirst(max(0, count))
        }
        return []
    }
}

/// A line that says how many lines were dropped, among those that wait to be written.
private struct DroppedCount {
    /// Behind it.
    let end: Int
    let lines: Int

    /// How many lines a write that failed has lost, and with them those that they should have told of.
    static func lines(in lost: ArraySlice<UInt8>, of written: Int, _ counts: [DroppedCount]) -> Int {
        let untold = counts.filter { $0.end > written - lost.count }
        return lost.count { $0 == UInt8(ascii: "\n") } + untold.reduce(0) { $0 + $1.lines - 1 }
    }
}

/// Writes what swift-log is told as lines of a ``LogOutput``.
struct CollectorLogHandler: LogHandler {
    let output: LogOutput
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .notice
    var metadataProvider: Logger.MetadataProvider?

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
        if let own = event.metadata { all.merge(own) { $1 } }
        output.append(event.level, "\(event.message)", all)
    }
}
