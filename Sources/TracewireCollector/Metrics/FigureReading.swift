internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOPosix
internal import TracewireProtocol
internal import TracewireStore

/// Reads all figures for scrapes, on a thread of its own: queries and the writer do not wait for it. There is one reading
/// at a time, and one answer for all who asked before it began.
final class FigureReading: Sendable {
    enum Refusal: Error {
        /// The collector stops.
        case stopping
        /// So many wait that the reading under way must have been held up.
        case busy
    }

    /// Prometheus waits 10 s for a scrape unless it is told otherwise.
    private static let timeout = Duration.seconds(5)

    private struct State {
        /// Also those whose connections have ended meanwhile.
        var waiting: [EventLoopPromise<String>] = []
        var control: QueryControl?
        var isReading = false
        var isStopping = false
    }

    private let projects: Projects
    private let thread = NIOThreadPool(numberOfThreads: 1)
    private let state = NIOLockedValueBox(State())

    init(_ projects: Projects) {
        self.projects = projects
    }

    func start() {
        thread.start()
    }

    /// The figures in Prometheus' text, read after this was called. Fails with a ``Refusal``.
    func text(on loop: any EventLoop) -> EventLoopFuture<String> {
        let promise = loop.makePromise(of: String.self)
        let begins = state.withLockedValue { state -> Result<Bool, Refusal> in
            guard !state.isStopping else { return .failure(.stopping) }
            guard state.waiting.count < MetricsConnections.limit else { return .failure(.busy) }
            state.waiting.append(promise)
            defer { state.isReading = true }
            return .success(!state.isReading)
        }
        switch begins {
        case .success(true): thread.submit { [self] _ in readForAll() }
        case .success(false): break
        case .failure(let refusal): promise.fail(refusal)
        }
        return promise.futureResult
    }

    /// Ends what is read, and returns when nothing has the database open. Doing it again does nothing.
    func stop() async {
        let control = state.withLockedValue { state in
            state.isStopping = true
            return state.control
        }
        control?.cancel()
        // It fails only where the thread has been stopped before.
        try? await thread.shutdownGracefully()
    }

    private func readForAll() {
        while let (asking, control) = next() {
            guard let control else {
                for promise in asking { promise.fail(Refusal.stopping) }
                continue
            }
            let text = read(control)
            for promise in asking { promise.succeed(text) }
        }
    }

    /// Those who wait; without a control if there is nothing to be read for them any more.
    private func next() -> (asking: [EventLoopPromise<String>], control: QueryControl?)? {
        state.withLockedValue { state in
            guard !state.waiting.isEmpty else {
                state.isReading = false
                return nil
            }
            defer { state.waiting = [] }
            state.control = state.isStopping ? nil : QueryControl(deadline: .now + Self.timeout)
            return (state.waiting, state.control)
        }
    }

    private func read(_ control: QueryControl) -> String {
        let (values, hasCounts) = figures(of: projects.standard, control)
        let others = projects.all.filter { $0.name != .standard && $0.isOpen }.map { project in
            let (values, hasCounts) = figures(of: project, control)
            return PrometheusText.Project(name: project.name.description, values: values, hasCounts: hasCounts)
        }
        return PrometheusText(values, hasCounts: hasCounts, projects: others.sorted { $0.name < $1.name }).text
    }

    private func figures(of project: Project, _ control: QueryControl) -> (values: [String: Value], hasCounts: Bool) {
        let counts = counts(project.databasePath, control)
        let own = project.status.figures().map { ($0.figure.name, $0.value) }
        return (Dictionary((counts ?? []) + own, uniquingKeysWith: { first, _ in first }), counts != nil)
    }

    /// The store's report; `nil` if it cannot be read. The database is opened for each scrape: that takes little of the time
    /// between two, in which nothing is kept for the next.
    private func counts(_ databasePath: String, _ control: QueryControl) -> [(String, Value)]? {
        guard let reader = try? StoreReader(path: databasePath) else { return nil }
        var rows: [[Value]] = []
        let summary = reader.run(
            Query(.report(name: "counts", arguments: [:]), credit: 0), limits: QueryLimits(), control: control,
            columns: { _ in }, rows: { rows += try Rows(decoding: $0.span).rows })
        guard summary.code == .ok else { return nil }
        return rows.compactMap { row in
            guard row.count == 2, case .text(let name) = row[0] else { return nil }
            return (name, row[1])
        }
    }
}
