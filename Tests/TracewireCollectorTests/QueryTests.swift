import Foundation
import Testing
import TracewireCollector
import TracewireProtocol

@Suite("Queries over a socket")
struct QueryTests {
    private static let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT MAX(i) FROM n"
    private static let rowBytes = 100_000
    /// 100 GB.
    private static let large = "SELECT zeroblob(\(rowBytes)) FROM (\(numbers(1_000_000)))"
    private static func numbers(_ count: Int) -> String {
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT \(count)) SELECT i FROM n"
    }

    @Test("rows arrive in chunks, as many as there is credit for")
    func credit() async throws {
        try await withServingCollector { port, _ in
            let peer = try RawPeer(port: port)
            try peer.openForQueries()
            try peer.ask(.sql(text: Self.numbers(100_000), parameters: []), credit: 50_000)
            var raw = 0
            var parts: [UInt8] = []
            var rows = 0
            #expect(try peer.receive().header.type == .columns)
            while raw < 50_000 {
                let (header, body) = try peer.receive()
                try #require(header.type == .rows)
                raw += body.count
                parts += body
                if !header.flags.contains(.more) {
                    rows += try Rows(decoding: parts.span).rows.count
                    parts = []
                }
            }
            #expect(raw == 50_000)
            // No room: nothing but the answer to a ping comes.
            try peer.send(.ping, sequence: 3)
            #expect(try peer.receive().header.type == .pong)
            try peer.send(.credit, sequence: 1, body: Credit(1 << 30).encoded())
            while true {
                let (header, body) = try peer.receive()
                if header.type == .summary { break }
                parts += body
                if !header.flags.contains(.more) {
                    rows += try Rows(decoding: parts.span).rows.count
                    parts = []
                }
            }
            #expect(rows == 100_000)
        }
    }

    @Test("an answer that is cut short may end inside a chunk, and its summary counts whole chunks alone")
    func cutShort() async throws {
        try await withServingCollector { port, _ in
            let peer = try RawPeer(port: port)
            try peer.openForQueries()
            try peer.ask(.sql(text: "SELECT 1", parameters: []), credit: 100)
            let whole = try peer.answer()
            try peer.ask(.sql(text: Self.numbers(100), parameters: []), id: 2, credit: 100)
            try cancelInsideChunk(peer, 2)
            let cut = try peer.receive(.summary, as: Summary.self)
            #expect(cut.code == .cancelled)
            #expect((cut.rows, cut.bytes) == (0, 0))
            #expect((whole.summary.rows, whole.summary.bytes) == (1, UInt64(Rows([[.integer(1)]]).encoded().count)))
        }
    }

    private func cancelInsideChunk(_ peer: RawPeer, _ id: UInt64) throws {
        #expect(try peer.receive().header.type == .columns)
        let (part, body) = try peer.receive()
        #expect(part.type == .rows && part.flags.contains(.more) && body.count == 100)
        try peer.send(.cancel, sequence: id)
    }

    @Test("an answer of status that is cut short counts what was sent of it")
    func statusCutShort() async throws {
        try await withServingCollector { port, _ in
            let peer = try RawPeer(port: port)
            try peer.openForQueries()
            try peer.ask(.report(name: "status", arguments: [:]), credit: 1)
            #expect(try peer.receive().header.type == .columns)
            // Byte by byte, so that the first chunk's end is met wherever it is.
            var chunk: [UInt8] = []
            while true {
                let (header, body) = try peer.receive()
                try #require(header.type == .rows)
                chunk += body
                try peer.send(.credit, sequence: 1, body: Credit(UInt64(chunk.count) + 1).encoded())
                if !header.flags.contains(.more) { break }
            }
            #expect(try peer.receive().header.flags.contains(.more))
            try peer.send(.cancel, sequence: 1)
            let cut = try peer.receive(.summary, as: Summary.self)
            #expect(cut.code == .cancelled)
            #expect(cut.rows == UInt64(try Rows(decoding: chunk.span).rows.count))
            #expect(cut.bytes == UInt64(chunk.count))
        }
    }

    @Test("a question without an end is stopped by its deadline, by CANCEL, and by hanging up")
    func endless() async throws {
        let configure: (inout CollectorConfiguration) -> Void = { $0.queryThreads = 1 }
        try await withServingCollector(configure) { port, _ in
            let peer = try RawPeer(port: port)
            try peer.openForQueries()
            try peer.ask(.sql(text: Self.endless, parameters: []), timeoutMs: 30)
            #expect(try peer.answer().summary.code == .deadlineExceeded)
            try peer.ask(.sql(text: Self.endless, parameters: []), id: 2)
            try peer.send(.cancel, sequence: 2)
            #expect(try peer.answer().summary.code == .cancelled)
            try peer.ask(.sql(text: Self.endless, parameters: []), id: 3)
            peer.hangUp()
            // There is one thread: it must be free again for this to be answered.
            let next = try RawPeer(port: port)
            try next.openForQueries()
            #expect(try next.sql("SELECT 3") == [[.integer(3)]])
        }
    }

    @Test("what looks at a whole database has time of its own")
    func thorough() async throws {
        let configure: (inout CollectorConfiguration) -> Void = { $0.queryTimeout = .zero }
        try await withServingCollector(configure) { port, _ in
            let peer = try RawPeer(port: port)
            try peer.openForQueries()
            try peer.ask(.sql(text: "SELECT 1", parameters: []))
            #expect(try peer.answer().summary.code == .deadlineExceeded)
            try peer.ask(.report(name: "check", arguments: [:]), id: 2)
            #expect(try peer.answer().summary.code == .ok)
        }
    }

    @Test("an action whose time is over before its turn comes is not done")
    func lateAction() async throws {
        let configure: (inout CollectorConfiguration) -> Void = { $0.queryThreads = 1 }
        try await withServingCollector(configure) { port, _ in
            let busy = try RawPeer(port: port)
            try busy.openForQueries()
            try busy.ask(.sql(text: Self.endless, parameters: []))
            // What comes behind the question on its connection is answered when it has its place.
            try busy.send(.ping, sequence: 9)
            while try busy.receive().header.type != .pong {}
            let late = try RawPeer(port: port)
            try late.openForQueries()
            try late.ask(.report(name: "prune", arguments: ["before": .integer(1)]), timeoutMs: 1)
            try late.send(.ping, sequence: 9)
            while try late.receive().header.type != .pong {}
            let over = ContinuousClock.now + .milliseconds(2)
            let asking = try RawPeer(port: port)
            try asking.openForQueries()
            // What is answered without a place passes the time.
            repeat {
                try asking.ask(.report(name: "status", arguments: [:]))
                _ = try asking.answer()
            } while ContinuousClock.now < over
            try busy.send(.cancel, sequence: 1)
            let summary = try late.answer().summary
            #expect(summary.code == .deadlineExceeded)
            #expect(summary.message.contains("nothing was done"))
            #expect(try late.sql("SELECT 1") == [[.integer(1)]])
        }
    }

    @Test("what runs when the collector stops is told so, and to come again")
    func stopping() async throws {
        try await withServingCollector { port, collector in
            let peer = try RawPeer(port: port)
            try peer.openForQueries()
            try peer.ask(.sql(text: Self.endless, parameters: []))
            try peer.send(.ping, sequence: 9)
            while try peer.receive().header.type != .pong {}
            Task { await collector.stop() }
            let summary = try peer.answer().summary
            #expect(summary.code == .shuttingDown)
            #expect(summary.retryAfterMs > 0)
        }
    }

    @Test("a reader that stops costs no more than a window and the sockets' buffers, and its query ends in time")
    func stoppedReader() async throws {
        let configure: (inout CollectorConfiguration) -> Void = { $0.queryTimeout = .seconds(2) }
        try await withServingCollector(configure) { port, _ in
            let receiveBuffer = 1 << 16
            let peer = try RawPeer(port: port, receiveBuffer: Int32(receiveBuffer))
            try peer.openForQueries()
            try peer.ask(.sql(text: Self.large, parameters: []), timeoutMs: 200)
            #expect(try peer.receive().header.type == .columns)
            // Meanwhile, and until long after its time, the rest of its answer is not read.
            let other = try RawPeer(port: port)
            try other.openForQueries()
            try other.ask(.sql(text: Self.endless, parameters: []))
            #expect(try other.answer().summary.code == .deadlineExceeded)
            let (rows, summary) = try peer.answer()
            #expect(summary.code == .deadlineExceeded)
            #expect(!rows.isEmpty)
            // What the collector gave its socket, what the system keeps on both sides (twice what was asked for), the
            // row that was on its way, and as much as a window for what the system does not count.
            let window = 1 << 20
            let bound = 2 * window + (try largestSendBuffer()) + 2 * receiveBuffer + Self.rowBytes
            #expect(rows.count * Self.rowBytes <= bound)
        }
    }

    /// Bytes that the system may keep of what one socket sends (tcp(7), `tcp_wmem`).
    private func largestSendBuffer() throws -> Int {
        let text = try String(contentsOfFile: "/proc/sys/net/ipv4/tcp_wmem", encoding: .utf8)
        return try #require(text.split(whereSeparator: \.isWhitespace).last.flatMap { Int($0) })
    }

    @Test("ten million rows end at the limit, with what came before it")
    func rowLimit() async throws {
        let configure: (inout CollectorConfiguration) -> Void = { $0.queryRows = 1000 }
        try await withServingCollector(configure) { port, _ in
            let peer = try RawPeer(port: port)
            try peer.openForQueries()
            try peer.ask(.sql(text: Self.numbers(10_000_000), parameters: []))
            let (rows, summary) = try peer.answer()
            #expect(rows.count == 1000)
            #expect(summary.code == .rowLimit)
            #expect(summary.message.contains("1000") || summary.message.contains("1,000"))
        }
    }

    @Test(
        "SQL that does more than read is refused, and says so",
        arguments: [
            "INSERT INTO users (username) VALUES ('x')", "DELETE FROM workflows", "ATTACH '/tmp/x.db' AS x",
            "PRAGMA journal_mode = DELETE", "CREATE TABLE t (a)", "BEGIN", "SELECT 1; SELECT 2",
            "SELECT load_extension('x')", "VACUUM",
        ])
    func writes(text: String) async throws {
        try await withServingCollector { port, _ in
            let peer = try RawPeer(port: port)
            try peer.openForQueries()
            try peer.ask(.sql(text: text, parameters: []))
            let (rows, summary) = try peer.answer()
            #expect(rows.isEmpty)
            #expect(summary.code == .notPermitted || summary.code == .sqlError)
            #expect(!summary.message.isEmpty)
            #expect(try peer.sql("SELECT COUNT(*) FROM users") == [[.integer(0)]])
        }
    }

    @Test("status tells of the collector and of its store")
    func status() async throws {
        try await withServingCollector { port, _ in
            let peer = try RawPeer(port: port)
            try peer.open()
            try peer.batch(1, [Sample.start()])
            _ = try peer.acknowledgement()
            try peer.ask(.report(name: "status", arguments: [:]))
            let (rows, summary) = try peer.answer()
            #expect(summary.code == .ok)
            #expect(rows.contains([.text("records"), .integer(1)]))
            #expect(rows.contains([.text("connections"), .integer(1)]))
            #expect(rows.contains { $0.first == .text("resident_bytes") })
        }
    }

    @Test("an unknown report and a bad argument are named")
    func badReports() async throws {
        try await withServingCollector { port, _ in
            let peer = try RawPeer(port: port)
            try peer.openForQueries()
            try peer.ask(.report(name: "horoscope", arguments: [:]))
            #expect(try peer.answer().summary.code == .unknownReport)
            try peer.ask(.report(name: "workflows", arguments: ["limit": .text("many")]))
            #expect(try peer.answer().summary.code == .invalidArgument)
        }
    }
}
