internal import NIOCore
internal import NIOHTTP1

/// What an HTTP request to the metrics address is answered.
struct MetricsAnswer: Sendable {
    var status: HTTPResponseStatus
    var mediaType = "text/plain; charset=utf-8"
    var text: String
    /// The methods that there are, where the request's is none of them.
    var allow: String?

    static func sentence(_ status: HTTPResponseStatus, _ text: String) -> MetricsAnswer {
        MetricsAnswer(status: status, text: text + "\n")
    }
}

/// Finds the answer to a request: the figures, or how the collector is.
struct MetricsAnswers: Sendable {
    private enum Path: String, CaseIterable {
        case metrics = "/metrics"
        case healthz = "/healthz"
        case readyz = "/readyz"

        var meaning: String {
            switch self {
            case .metrics: "the figures, for Prometheus"
            case .healthz: "whether the collector commits"
            case .readyz: "whether it takes connections"
            }
        }
    }

    let phase: CollectorPhase
    let projects: Projects
    let reading: FigureReading

    func answer(to head: HTTPRequestHead, on loop: any EventLoop) -> EventLoopFuture<MetricsAnswer> {
        guard let path = Path(rawValue: Self.path(of: head.uri)) else {
            return loop.makeSucceededFuture(Self.notFound)
        }
        guard head.method == .GET || head.method == .HEAD else {
            var answer = MetricsAnswer.sentence(.methodNotAllowed, "\(path.rawValue) is asked with GET or HEAD.")
            answer.allow = "GET, HEAD"
            return loop.makeSucceededFuture(answer)
        }
        switch path {
        case .metrics: return metrics(on: loop)
        case .healthz: return loop.makeSucceededFuture(health)
        case .readyz: return loop.makeSucceededFuture(readiness)
        }
    }

    /// Without what stands behind a question mark, and without the host that a proxy is told (RFC 9112, 3.2.2).
    private static func path(of target: String) -> String {
        var path = target.prefix { $0 != "?" }
        if path.hasPrefix("http://") {
            path = path.dropFirst("http://".count).drop { $0 != "/" }
        }
        return String(path)
    }

    private static let notFound = MetricsAnswer.sentence(
        .notFound,
        "There is nothing here. A Tracewire collector has:\n"
            + Path.allCases.map { "  \($0.rawValue): \($0.meaning)" }.joined(separator: "\n"))

    private func metrics(on loop: any EventLoop) -> EventLoopFuture<MetricsAnswer> {
        reading.text(on: loop).map {
            MetricsAnswer(status: .ok, mediaType: PrometheusText.mediaType, text: $0)
        }.recover { error in
            let isBusy = error as? FigureReading.Refusal == .busy
            return .sentence(
                .serviceUnavailable,
                isBusy ? "The database keeps the figures waiting; ask again later." : "The collector is stopping.")
        }
    }

    /// A collector that cannot commit, in whichever project, keeps its clients waiting.
    private var health: MetricsAnswer {
        guard let error = projects.all.lazy.compactMap({ $0.counters.snapshot.lastStoreError }).first else {
            return .sentence(.ok, "The collector is healthy.")
        }
        return .sentence(.serviceUnavailable, "The collector cannot commit: \(error)")
    }

    private var readiness: MetricsAnswer {
        switch phase.current {
        case .opening: .sentence(.serviceUnavailable, "The database is being opened.")
        case .serving: .sentence(.ok, "The collector is ready.")
        case .draining: .sentence(.serviceUnavailable, "The collector is stopping.")
        }
    }
}
