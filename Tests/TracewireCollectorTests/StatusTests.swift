import Dispatch
import Testing
import TracewireProtocol

@testable import TracewireCollector

@Suite("Status")
struct StatusTests {
    private func figures(_ peer: RawPeer) throws -> [String: Value] {
        try peer.ask(.report(name: "status", arguments: [:]))
        let (rows, summary) = try peer.answer()
        #expect(summary.code == .ok)
        return Dictionary(
            rows.compactMap { row in if case .text(let name) = row[0] { (name, row[1]) } else { nil } },
            uniquingKeysWith: { first, _ in first })
    }

    @Test("tells how long the oldest batch waits for its commit, and 0 when none does")
    func oldestUnacknowledged() async throws {
        try await withServingCollector { port, collector in
            let asking = try RawPeer(port: port)
            try asking.openForQueries()
            #expect(try figures(asking)["oldest_unacknowledged_ms"] == .integer(0))
            let sending = try RawPeer(port: port)
            try sending.open()
            let release = DispatchSemaphore(value: 0)
            #expect(collector.core.projects.standard.queue.append(.perform { _ in release.wait() }))
            try sending.batch(1, [Sample.start()])
            var age: Value?
            for _ in 0..<20_000 {
                age = try figures(asking)["oldest_unacknowledged_ms"]
                if age != .integer(0) { break }
            }
            guard case .integer(let milliseconds) = age, milliseconds > 0 else {
                Issue.record("nothing waits: \(age ?? .null)")
                release.signal()
                return
            }
            release.signal()
            #expect(try sending.acknowledgement().sequence == 1)
            #expect(try figures(asking)["oldest_unacknowledged_ms"] == .integer(0))
        }
    }

    @Test("counts what was parked first and rejected later among the rejected")
    func rejectedAfterParking() async throws {
        try await withServingCollector { port, _ in
            let peer = try RawPeer(port: port)
            try peer.open()
            try peer.batch(1, [Sample.end(.completed), Sample.end(.failed)])
            #expect(try peer.acknowledgement().ack.verdicts.map(\.code) == [.parked, .parked])
            #expect(try figures(peer)["records_rejected"] == .integer(0))
            try peer.batch(2, [Sample.start()])
            #expect(try peer.acknowledgement().ack.verdicts.isEmpty)
            let figures = try figures(peer)
            #expect(figures["records_rejected"] == .integer(1))
            #expect(figures["records_parked"] == .integer(2))
            #expect(try peer.sql("SELECT count(*) FROM rejected_records") == [[.integer(1)]])
        }
    }

    @Test("tells the records and bytes of a second")
    func rates() async throws {
        try await withServingCollector { port, _ in
            let peer = try RawPeer(port: port)
            try peer.open()
            try peer.batch(1, (0..<100).map { Sample.start(Identifier(milliseconds: Int64(1_000 + $0))) })
            _ = try peer.acknowledgement()
            let figures = try figures(peer)
            guard case .real(let records) = figures["records_per_second"],
                case .integer(let bytes) = figures["batch_bytes_per_second"]
            else {
                Issue.record("no rates: \(figures)")
                return
            }
            #expect(records > 0 && records <= 100)
            #expect(bytes > 0)
        }
    }
}
