internal import Tracewire
internal import UnixSignals

/// An import from its first line to the last answer: until everything is answered, somebody interrupts it, or the
/// collector says nothing for too long.
struct ImportSession: Sendable {
    enum Ending: Sendable {
        case finished
        case interrupted
        case stalled
        /// The collector does not let it in, and will not as long as nobody gives it another token or role.
        case refused
    }

    private enum Part: Sendable {
        case read(Importer.Progress)
        case ended(Ending)
    }

    /// How long what is under way may still take after an interruption.
    private static let lastWait = Duration.seconds(2)
    private static let step = Duration.milliseconds(200)

    let client: TracewireClient
    let input: InputFile
    /// The longest silence.
    let timeout: Duration

    func run() async throws -> ImportResult {
        let clock = ContinuousClock()
        let start = clock.now
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        let (progress, ending) = try await withThrowingTaskGroup(of: Part.self) { group in
            group.addTask { try await .read(read()) }
            group.addTask { await .ended(watchSignals(signals)) }
            group.addTask { await .ended(watchAnswers()) }
            var ending = Ending.finished
            while let part = try await group.next() {
                switch part {
                case .ended(let early):
                    if !group.isCancelled { ending = early }
                    group.cancelAll()
                case .read(let progress):
                    group.cancelAll()
                    return (progress, ending)
                }
            }
            return (Importer.Progress(), ending)
        }
        let report = await client.shutdown(timeout: ending == .finished ? .zero : Self.lastWait)
        return ImportResult(progress: progress, report: report, ending: ending, elapsed: clock.now - start)
    }

    /// Reads everything, then waits until everything is answered.
    private func read() async throws -> Importer.Progress {
        var importer = Importer(client: client, source: { try input.read(into: $0) })
        var bar = ProgressBar()
        defer { bar.clear() }
        try await importer.run { progress in
            bar.update(share: share(progress.bytes), "\(ByteCount.shown(progress.bytes)) read, \(answered) answered")
        }
        while !Task.isCancelled, await client.flush(timeout: Self.step).unknown > 0 {
            bar.update(share: 1, "all read, \(answered) answered")
        }
        return importer.progress
    }

    private func share(_ bytes: Int64) -> Double? {
        input.size.map { $0 > 0 ? Double(bytes) / Double($0) : 1 }
    }

    /// Records that the collector has answered.
    private var answered: Int {
        let statistics = client.statistics
        return statistics.committed + statistics.parked + statistics.rejected
    }

    private func watchSignals(_ signals: UnixSignalsSequence) async -> Ending {
        for await _ in signals { return .interrupted }
        return .finished
    }

    /// Returns when records wait and the collector refuses them, or none has been answered for the longest silence.
    private func watchAnswers() async -> Ending {
        let clock = ContinuousClock()
        var last = (answered: answered, at: clock.now)
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.step, clock: clock)
            let now = answered
            if now != last.answered || client.statistics.queuedBytes == 0 { last = (now, clock.now) }
            if client.statistics.lastErrorCode == .unauthorized { return .refused }
            if clock.now - last.at >= timeout { return .stalled }
        }
        return .finished
    }
}
