import Dispatch
import Foundation
import Testing
import TracewireProtocol
import TracewireStore

@testable import TracewireCollector

@Suite("The metrics address")
struct MetricsTests {
    @Test("has the figures, the health and the readiness, and to HEAD says what GET would, without the text")
    func paths() async throws {
        try await withMetrics { port, _, _ in
            for path in ["/metrics", "/healthz", "/readyz", "/readyz?verbose=1", "http://somewhere:80/readyz"] {
                let answer = try ScrapeAnswer(port, "GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(answer.status == 200)
                #expect(answer.headers["content-length"] == "\(answer.text.utf8.count)")
                #expect(answer.headers["connection"] == "close")
                #expect(answer.headers["date"]?.wholeMatch(of: /\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT/) != nil)
                let head = try ScrapeAnswer(port, "HEAD \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(head.status == 200 && head.text.isEmpty)
                #expect((Int(head.headers["content-length"] ?? "") ?? 0) > 0)
            }
            let figures = try ScrapeAnswer(port, "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(figures.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            #expect(figures.lines.contains("tracewire_database_readable 1"))
        }
    }

    @Test("has nothing else, says what there is, and takes no other method")
    func others() async throws {
        try await withMetrics { port, _, _ in
            let missing = try ScrapeAnswer(port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(missing.status == 404)
            for path in ["/metrics", "/healthz", "/readyz"] { #expect(missing.text.contains(path)) }
            for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
                let refused = try ScrapeAnswer(
                    port, "\(method) /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
                #expect(refused.status == 405)
                #expect(refused.headers["allow"] == "GET, HEAD")
            }
        }
    }

    @Test("is not there unless it is asked for, and ends with the collector")
    func absence() async throws {
        try await withCollector { _, collector in #expect(collector.metricsAddress == nil) }
        var port: Int?
        func serving(_ configuration: inout CollectorConfiguration) { configuration.metricsPort = 0 }
        try await withCollector(serving) { _, collector in port = collector.metricsAddress?.port }
        let ended = try #require(port)
        #expect(throws: RawPeer.Closed.self) { try RawPeer(port: ended) }
    }

    @Test("says that the collector cannot commit, and is ready all the same")
    func failing() async throws {
        try await withMetrics { port, _, collector in
            collector.core.counters.storeFailed(StoreError(.diskFull, "there is no room"))
            let health = try ScrapeAnswer(port, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(health.status == 503)
            #expect(health.text == "The collector cannot commit: disk_full: there is no room\n")
            #expect(try ScrapeAnswer(port, "GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
            let figures = try ScrapeAnswer(port, "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(figures.lines.contains("tracewire_store_failing 1"))
            #expect(!figures.text.contains("there is no room"))
        }
    }

    @Test("is not ready before the database is open, and not while the collector settles what has arrived")
    func readiness() async throws {
        try await withMetrics { port, ingestPort, collector in
            func ready() throws -> Int { try ScrapeAnswer(port, "GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n").status }
            collector.core.phase.enter(.opening)
            #expect(try ready() == 503)
            collector.core.phase.enter(.serving)
            #expect(try ready() == 200)

            let sending = try RawPeer(port: ingestPort)
            try sending.open()
            let (release, stopped) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
            #expect(collector.core.projects.standard.queue.append(.perform { _ in release.wait() }))
            try sending.batch(1, [Sample.start()])
            Task.detached {
                await collector.stop()
                stopped.signal()
            }
            var status = 200
            for _ in 0..<20_000 where status == 200 { status = try ready() }
            #expect(status == 503)
            // Figures and health are there to the end.
            let figures = try ScrapeAnswer(port, "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(figures.lines.contains("tracewire_connections 1"))
            #expect(try ScrapeAnswer(port, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
            release.signal()
            stopped.wait()
            #expect(throws: RawPeer.Closed.self) { try RawPeer(port: port) }
        }
    }

    @Test("gives the collector's own figures where the database cannot be read, and says so")
    func unreadable() async throws {
        let directory = try TemporaryDirectory()
        try await withMetrics(directory) { port, _, _ in
            try FileManager.default.removeItem(atPath: directory.path + "/traces.db")
            let figures = try ScrapeAnswer(port, "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(figures.status == 200)
            #expect(figures.lines.contains("tracewire_database_readable 0"))
            #expect(figures.lines.contains("tracewire_records_total 0"))
            #expect(!figures.text.contains("tracewire_users"))
        }
    }

    @Test("has the figures of every project that is open, by its name, and those of the collector once")
    func projects() async throws {
        let tokens = try TokenFixture()
        let his = try tokens.create(.ingest, in: try #require(ProjectName("his")))
        _ = try tokens.create(.ingest, in: try #require(ProjectName("hers")))
        try await withMetrics(tokens.directory) { port, ingestPort, _ in
            let peer = try RawPeer(port: ingestPort)
            try peer.open(token: his)
            try peer.batch(1, [Sample.start()])
            _ = try peer.acknowledgement()
            let figures = try ScrapeAnswer(port, "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
            for line in [
                "records_total 0", #"records_total{project="his"} 1"#, "workflows{status=\"running\"} 0",
                #"workflows{status="running",project="his"} 1"#, #"connections{project="his"} 1"#, "connections 1",
                #"database_readable{project="his"} 1"#, #"store_failing{project="his"} 0"#,
            ] {
                #expect(figures.lines.contains("tracewire_\(line)"), "\(line)")
            }
            // Nobody has come of the other project, so that it is not open.
            #expect(!figures.text.contains("hers"))
            for name in ["uptime_seconds", "build_info", "offences_total"] {
                #expect(figures.lines.count { $0.hasPrefix("tracewire_\(name)") } == 1, "\(name)")
            }
            let families = figures.lines.filter { $0.hasPrefix("# TYPE") }
            #expect(Set(families).count == families.count)
        }
    }

    @Test("each figure has one name in the report and one for a scrape, and the store's are all there in its order")
    func table() throws {
        let names = StatusFigure.all.map(\.name)
        #expect(Set(names).count == names.count)
        let directory = try TemporaryDirectory()
        let path = directory.path + "/traces.db"
        let writer = try StoreWriter(path: path)
        let reader = try StoreReader(path: path)
        var rows: [[Value]] = []
        let summary = reader.run(
            Query(.report(name: "counts", arguments: [:]), credit: 0), limits: QueryLimits(), control: QueryControl(),
            columns: { _ in }, rows: { rows += try Rows(decoding: $0.span).rows })
        #expect(summary.code == .ok)
        let stored = StatusFigure.all.filter { if case .counts = $0.source { true } else { false } }.map(\.name)
        #expect(rows.map { $0[0] } == stored.map { .text($0) })
        writer.close()
    }

    @Test("text that could break a line or a label is escaped")
    func escapes() {
        let text = PrometheusText(["sqlite_version": .text("a\"b\\c\nd")], hasCounts: false).text
        #expect(text.contains(#"tracewire_build_info{sqlite_version="a\"b\\c\nd"} 1"#))
    }
}
