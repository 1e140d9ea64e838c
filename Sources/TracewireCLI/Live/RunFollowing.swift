internal import Tracewire
internal import TracewireProtocol

/// Waits until a run has ended, and shows it on a terminal as it goes on.
struct RunFollowing {
    /// How often times that run are drawn anew.
    private static let tick = Duration.seconds(1)
    /// How long a picture stands at least, and how much longer than it took to make: a large run costs both sides little.
    private static let shortestPause = Duration.milliseconds(250)
    private static let pauseShare = 9

    private let id: String
    private let address: CollectorAddress
    private let access: CollectorAccess
    private let screen: LiveScreen?

    init(_ id: String, _ address: CollectorAddress, access: CollectorAccess, screen: LiveScreen?) {
        (self.id, self.address, self.access, self.screen) = (id, address, access, screen)
    }

    /// Returns when the run has ended, and what stood on the terminal is there again.
    func run() async throws {
        do {
            try await follow()
            try screen?.close()
        } catch {
            try screen?.close()
            if !(error is CancellationError) { throw error }
        }
    }

    private func follow() async throws {
        var wasThere = false
        while true {
            do {
                try await RemoteCollector.with(address, access: access) { collector in
                    wasThere = true
                    try await follow(collector)
                }
                return
            } catch let failure as CommandFailure where failure.isPassing && wasThere {
                try await Task.sleep(for: Self.tick)
            }
        }
    }

    private func follow(_ collector: RemoteCollector) async throws {
        var position = try await collector.rows(.report("feed")).first?.integer("last") ?? 0
        while true {
            let start = ContinuousClock.now
            guard let run = try await load(collector) else { return }
            try draw(run)
            let pause = max(Self.shortestPause, start.duration(to: .now) * Self.pauseShare)
            position = try await nextChange(of: run, behind: position, pause, collector)
            try await Task.sleep(until: start + pause)
        }
    }

    /// `nil` when the run has ended. Where nothing is drawn, nothing of what belongs to it is read.
    private func load(_ collector: RemoteCollector) async throws -> Run? {
        let run =
            isDrawn
            ? try await ShowCommand.load(id, from: collector)
            : Run(workflow: try await RunName(id).workflow(from: collector), nodes: [], generations: [])
        return run.workflow.status() == .running ? run : nil
    }

    private var isDrawn: Bool { screen?.isLive ?? false }

    private func draw(_ run: Run) throws {
        try screen?.draw { output in try RunPrinter(run, output: output, folds: true).print() }
    }

    /// Returns how far the feed is when something of the run was committed.
    private func nextChange(
        of run: Run, behind last: Int64, _ pause: Duration, _ collector: RemoteCollector
    ) async throws -> Int64 {
        var position = last
        while true {
            try await wait(behind: position, run, max(pause, Self.tick), collector)
            let feed = try await collector.rows(.report("feed", ["after": .integer(position)])).first
            let scanned = feed?.integer("scanned") ?? position
            let arguments: [String: Value?] = [
                "after": .integer(position), "through": .integer(scanned), "limit": .integer(1),
                "workflow": run.workflow.integer("id").map(Value.integer),
            ]
            let isChanged = try await !collector.rows(.report("events", arguments)).isEmpty
            position = scanned
            if isChanged { return position }
        }
    }

    /// Until anything is committed; meanwhile the picture's clock goes on.
    private func wait(
        behind position: Int64, _ run: Run, _ tick: Duration, _ collector: RemoteCollector
    ) async throws {
        guard isDrawn else { return try await collector.watch(after: position) }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await collector.watch(after: position)
                return true
            }
            group.addTask {
                try await Task.sleep(for: tick)
                return false
            }
            while let isCommitted = try await group.next(), !isCommitted {
                try draw(run)
                group.addTask {
                    try await Task.sleep(for: tick)
                    return false
                }
            }
            group.cancelAll()
        }
    }
}
