import Foundation
import Testing

@testable import TracewireCLI

/// What `serve --metrics` answers, read by Prometheus' own parser.
@Suite("serve --metrics")
struct MetricsTests {
    private struct Sample: Decodable {
        let name: String
        let labels: [String: String]
        let value: Double
        let type: String
        let help: String
    }

    private func samples(_ text: String) async throws -> [Sample] {
        let outcome = try await Program.oracle("read_metrics.py", [], input: text)
        try #require(outcome.exit == 0, "\(outcome.errors)")
        return try outcome.lines.map { try JSONDecoder().decode(Sample.self, from: Data($0.utf8)) }
    }

    private func figures(_ collector: CollectorProcess) async throws -> [String: Any] {
        let rows = try await collector.run("status", "--format", "json").rows()
        return Dictionary(
            uniqueKeysWithValues: rows.compactMap { row in
                (row["name"] as? String).flatMap { name in row["value"].map { (name, $0) } }
            })
    }

    /// What a scrape calls the figures of `status`, by hand.
    private static let names: [String: (name: String, type: String, scale: Double)] = [
        "users": ("tracewire_users", "gauge", 1), "nodes": ("tracewire_nodes", "gauge", 1),
        "generations": ("tracewire_generations", "gauge", 1), "producers": ("tracewire_producers", "gauge", 1),
        "rejected_records": ("tracewire_rejected_records", "gauge", 1),
        "parked_records": ("tracewire_parked_records", "gauge", 1),
        "database_bytes": ("tracewire_database_bytes", "gauge", 1), "wal_bytes": ("tracewire_wal_bytes", "gauge", 1),
        "segment_ratio": ("tracewire_segment_ratio", "gauge", 1),
        "connections_refused": ("tracewire_connections_refused_total", "counter", 1),
        "offences": ("tracewire_offences_total", "counter", 1),
        "connections_shut_out": ("tracewire_connections_shut_out_total", "counter", 1),
        "batches": ("tracewire_batches_total", "counter", 1),
        "batch_bytes": ("tracewire_batch_bytes_total", "counter", 1),
        "batches_duplicate": ("tracewire_batches_duplicate_total", "counter", 1),
        "records": ("tracewire_records_total", "counter", 1),
        "records_rejected": ("tracewire_records_rejected_total", "counter", 1),
        "records_parked": ("tracewire_records_parked_total", "counter", 1),
        "commits": ("tracewire_commits_total", "counter", 1),
        "workflows_pruned_for_age": ("tracewire_workflows_pruned_for_age_total", "counter", 1),
        "workflows_pruned_for_room": ("tracewire_workflows_pruned_for_room_total", "counter", 1),
        "records_forgotten": ("tracewire_records_forgotten_total", "counter", 1),
        "commits_failed": ("tracewire_commits_failed_total", "counter", 1),
        "queue_bytes": ("tracewire_queue_bytes", "gauge", 1),
        "queries_failed": ("tracewire_queries_failed_total", "counter", 1),
        "queries_stalled": ("tracewire_queries_stalled", "gauge", 1),
        "oldest_unacknowledged_ms": ("tracewire_oldest_unacknowledged_seconds", "gauge", 0.001),
        "uptime_ms": ("tracewire_uptime_seconds", "gauge", 0.001),
        "resident_bytes": ("tracewire_resident_memory_bytes", "gauge", 1),
        "disk_free_bytes": ("tracewire_disk_free_bytes", "gauge", 1),
        "connections": ("tracewire_connections", "gauge", 1),
        "connections_total": ("tracewire_connections_opened_total", "counter", 1),
        "wire_bytes_received": ("tracewire_wire_received_bytes_total", "counter", 1),
        "credit_bytes_granted": ("tracewire_credit_granted_bytes", "gauge", 1),
        "queries": ("tracewire_queries_total", "counter", 1),
    ]

    /// Of these one look says nothing of the next: whoever asks has a connection, and others use memory and disk.
    private static let unsteady = ["connections", "resident_bytes", "disk_free_bytes"]

    @Test("has the figures of status, in base units and with their types")
    func figures() async throws {
        let directory = try TestDirectory()
        let collector = try await CollectorProcess(directory: directory, arguments: ["--metrics", "127.0.0.1:0"])
        let events = try await Traffic.write(.planner, seed: 8, workflows: 20, to: directory)
        #expect(try await collector.run("import", events).exit == 0)
        let conflict =
            #"{"event":"workflow.end","workflow":"\#(SampleRuns.completed)","status":"failed","at_ms":1770000009500}"#
        #expect(try await collector.run("import", "-", input: SampleRuns.text + conflict + "\n").exit == 4)
        let before = try await figures(collector)
        let samples = try await samples(try await collector.scraped("/metrics").text)
        let after = try await figures(collector)
        #expect(samples.allSatisfy { !$0.help.isEmpty && $0.name.hasPrefix("tracewire_") })
        for (figure, metric) in Self.names {
            let sample = try #require(samples.first { $0.name == metric.name }, "\(metric.name)")
            #expect(sample.type == metric.type && sample.labels.isEmpty, "\(metric.name)")
            let looks = [try #require(before[figure] as? Double), try #require(after[figure] as? Double)]
            let range = (looks.min() ?? 0) * metric.scale...(looks.max() ?? 0) * metric.scale
            #expect(
                Self.unsteady.contains(figure) || range.contains(sample.value), "\(figure): \(looks), \(sample.value)")
        }
        try expectWhole(samples, before)
    }

    private func expectWhole(_ samples: [Sample], _ figures: [String: Any]) throws {
        for status in ["running", "completed", "failed", "cancelled"] {
            let sample = samples.first { $0.name == "tracewire_workflows" && $0.labels == ["status": status] }
            #expect(sample?.value == figures["workflows_\(status)"] as? Double)
        }
        let info = try #require(samples.first { $0.name == "tracewire_build_info" })
        #expect(info.labels["sqlite_version"] == figures["sqlite_version"] as? String)
        #expect(figures["records_rejected"] as? Int == 1)
        let failing = samples.filter { $0.name.hasSuffix("_failing") }
        #expect(failing.map(\.value) == [0, 0, 0, 0])
        // Nothing of status is left out but what a query makes of the others.
        let made = [
            "workflows", "records_per_second", "batch_bytes_per_second", "collector", "store_error",
            "maintenance_error", "tls_error", "tokens_error", "tls_certificate_expires_ms", "disk_shortage",
            "retain_seconds",
            "max_disk_bytes", "last_pruned_at", "sqlite_version", "schema_version",
        ]
        let left = figures.keys.filter { Self.names[$0] == nil && !made.contains($0) }
        #expect(left.allSatisfy { $0.hasPrefix("workflows_") }, "\(left)")
    }

    @Test("needs a port, and the word for an address that others can reach")
    func addresses() async throws {
        let directory = try TestDirectory()
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--database", directory.file("traces.db"), "--metrics"]
        for address in ["127.0.0.1", "9747", ":9747", "127.0.0.1:65536"] {
            let wrong = try await Program().run(arguments + [address])
            #expect(wrong.exit == 2 && wrong.errors.contains("HOST:PORT"), "\(wrong.errors)")
        }
        let open = try await Program().run(arguments + ["0.0.0.0:0"])
        #expect(open.exit == 1)
        #expect(open.errors.contains("--metrics") && open.errors.contains("--insecure-metrics"))
        let other = try await Program().run(arguments + ["0.0.0.0:0", "--insecure"])
        #expect(other.exit == 1 && other.errors.contains("--insecure-metrics"))
        let collector = try await CollectorProcess(
            directory: try TestDirectory(), arguments: ["--metrics", "0.0.0.0:0", "--insecure-metrics"])
        #expect(await collector.end(SIGTERM) == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty)
    }

    @Test("is also a setting, and where it is answered is said")
    func setting() async throws {
        let collector = try await CollectorProcess(
            directory: try TestDirectory(), environment: ["TRACEWIRE_METRICS_PORT": "0"])
        let ready = try await collector.scraped("/readyz")
        #expect(ready.status == 200 && ready.text == "The collector is ready.\n")
        #expect(await collector.end(SIGTERM) == 0)
    }
}
