import Testing
import TracewireProtocol

@testable import TracewireCLI

@Suite("Health at a glance")
struct StatusPictureTests {
    private static let figures: KeyValuePairs<String, Value> = [
        "users": .integer(4), "workflows": .integer(1200), "workflows_running": .integer(3),
        "workflows_failed": .integer(17), "nodes": .integer(14_400), "generations": .integer(9_600),
        "rejected_records": .integer(2), "parked_records": .integer(0), "database_bytes": .integer(12_345_678),
        "wal_bytes": .integer(4_100_000), "segment_ratio": .real(17.25), "sqlite_version": .text("3.40.1"),
        "schema_version": .integer(7), "uptime_ms": .integer(11_040_000), "resident_bytes": .integer(18_200_000),
        "disk_free_bytes": .integer(82_100_000_000), "connections": .integer(12), "connections_total": .integer(340),
        "connections_refused": .integer(0), "wire_bytes_received": .integer(5_600_000), "records": .integer(48_123),
        "records_rejected": .integer(2), "records_parked": .integer(9), "commits": .integer(512),
        "commits_failed": .integer(1), "queue_bytes": .integer(0), "queries": .integer(120),
        "queries_failed": .integer(0), "queries_stalled": .integer(0), "records_per_second": .real(1240.5),
        "batch_bytes_per_second": .integer(2_300_000), "oldest_unacknowledged_ms": .integer(12),
        "store_error": .null, "maintenance_error": .null, "max_disk_bytes": .null, "disk_shortage": .null,
        "workflows_pruned_for_age": .integer(0), "workflows_pruned_for_room": .integer(0), "last_pruned_at": .null,
    ]

    private func status(_ changes: [String: Value?] = [:]) -> CollectorStatus {
        let columns = AnswerColumns(["name", "value"].map { Column(name: $0, declaredType: "") })
        return CollectorStatus(
            columns,
            Self.figures.compactMap { name, value in
                guard let value = changes[name] ?? value else { return nil }
                return AnswerRow(columns, [.text(name), value])
            })
    }

    private func picture(_ status: CollectorStatus, width: Int) throws -> [String] {
        let output = Output.memory(Terminal(isTerminal: true, width: width, hasColour: false))
        try StatusPicture(status, at: "127.0.0.1:4747").print(to: output)
        return output.lines
    }

    @Test("is two columns of groups on 80 columns")
    func narrow() throws {
        let expected = """
            ● healthy
              collector at 127.0.0.1:4747, up 3 h 04 m

            INGEST                                    DATABASE
            records         1240.5 a second           size            12.3 MB
            bytes           2.3 MB a second           log             4.1 MB
            committed       48123 records             free on disk    82.1 GB
            commits         512, 1 failed             compression     17.25 times
            waiting         0 B                       workflows       1200
            oldest wait     12 ms                       running       3
            rejected        2                           failed        17
            parked          9                         nodes           14400
                                                      model calls     9600
            CONNECTIONS                               users           4
            open            12                        rejected, kept  2
            since start     340, 0 refused            waiting, parked 0
            received        5.6 MB
            queries         120, 0 failed             COLLECTOR
            answers unread  0                         memory          18.2 MB
                                                      SQLite          3.40.1
                                                      schema          7
            """
        #expect(try picture(status(), width: 80).joined(separator: "\n") == expected)
    }

    @Test("is one line of groups on 200 columns")
    func wide() throws {
        let expected = """
            ● healthy
              collector at 127.0.0.1:4747, up 3 h 04 m

            INGEST                                    CONNECTIONS                               DATABASE                                  COLLECTOR
            records         1240.5 a second           open            12                        size            12.3 MB                   memory          18.2 MB
            bytes           2.3 MB a second           since start     340, 0 refused            log             4.1 MB                    SQLite          3.40.1
            committed       48123 records             received        5.6 MB                    free on disk    82.1 GB                   schema          7
            commits         512, 1 failed             queries         120, 0 failed             compression     17.25 times
            waiting         0 B                       answers unread  0                         workflows       1200
            oldest wait     12 ms                                                                 running       3
            rejected        2                                                                     failed        17
            parked          9                                                                   nodes           14400
                                                                                                model calls     9600
                                                                                                users           4
                                                                                                rejected, kept  2
                                                                                                waiting, parked 0
            """
        #expect(try picture(status(), width: 200).joined(separator: "\n") == expected)
    }

    @Test("says first what is wrong, in lines that fit", arguments: [30, 80, 200])
    func troubles(width: Int) throws {
        let error = "disk_full: SQLite says: database or disk is full (13). Make room on the disk; nothing was lost."
        let failing = status(["store_error": .text(error), "disk_free_bytes": .integer(4_096)])
        #expect(failing.failure == "not committing: \(error)")
        let lines = try picture(failing, width: width)
        #expect(lines.allSatisfy { TerminalText.width($0) <= width })
        let head = lines.prefix { !$0.hasPrefix("  collector at") }.joined(separator: " ")
        #expect(head == "✗ not committing: \(error) ▲ little room: 4.1 kB are left on the database's disk")
    }

    @Test("calls a collector failing that cannot commit or maintain, and not one that is only slow or short of room")
    func failures() {
        #expect(status().failure == nil && status().troubles.isEmpty)
        #expect(status(["maintenance_error": .text("io: x")]).failure == "maintenance fails: io: x")
        let slow = status(["oldest_unacknowledged_ms": .integer(12_000)])
        #expect(slow.failure == nil)
        #expect(slow.troubles.map(\.text) == ["slow: the oldest batch has waited 12.0 s for its commit"])
        #expect(status(["disk_free_bytes": .integer(999_999_999)]).troubles.count == 1)
    }

    @Test("tells what a database may take and what went for it, where it was asked to")
    func retention() throws {
        let asked = status(["max_disk_bytes": .integer(20_000_000_000), "workflows_pruned_for_age": .integer(0)])
        #expect(try picture(asked, width: 80).contains { $0.hasSuffix("may take        20.0 GB") })
        #expect(try !picture(asked, width: 80).contains { $0.contains("removed") })
        let pruned = status(["workflows_pruned_for_age": .integer(12), "disk_shortage": .text("only runs are left")])
        #expect(try picture(pruned, width: 80).contains { $0.hasSuffix("too old         12 removed") })
        #expect(pruned.failure == nil)
        #expect(pruned.troubles.map(\.text) == ["the database takes more room than it may: only runs are left"])
    }

    @Test("leaves out what an older collector does not say")
    func older() throws {
        let lines = try picture(status(["disk_free_bytes": .null, "segment_ratio": .null]), width: 80)
        #expect(!lines.contains { $0.contains("free on disk") || $0.contains("compression") })
        let empty = CollectorStatus(AnswerColumns([]), [])
        #expect(try picture(empty, width: 80) == ["● healthy", "  collector at 127.0.0.1:4747"])
    }

    @Test("says for whom the figures of the whole collector are, where it is not told them")
    func ofProject() throws {
        let status = status(["uptime_ms": .null, "resident_bytes": .null, "disk_free_bytes": .null])
        let lines = try picture(status, width: 80)
        #expect(lines[1] == "  collector at 127.0.0.1:4747")
        #expect(lines[2] == "  \(CollectorStatus.ofProject)")
        #expect(!lines.contains { $0.contains("memory") || $0.contains("free on disk") })
        #expect(try !picture(self.status(), width: 80).contains { $0.contains("role admin") })
    }

    @Test("keeps the last figures below the word that nobody is there")
    func away() throws {
        let output = Output.memory(Terminal(isTerminal: true, width: 80, hasColour: false))
        try StatusPicture(status(), at: "127.0.0.1:4747").printAway(sinceMs: 65_000, to: output)
        #expect(output.lines[0] == "✗ no collector at 127.0.0.1:4747 for 1 m 05 s; waiting for it")
        #expect(output.lines.contains { $0.contains("SQLite          3.40.1") })
    }
}
