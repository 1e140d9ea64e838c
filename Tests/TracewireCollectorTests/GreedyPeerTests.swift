import Dispatch
import NIOCore
import Testing
import TracewireProtocol

@testable import TracewireCollector

/// What it may make the collector keep is bounded, and what others send is served.
@Suite("A collector faced with a peer that wants its memory")
struct GreedyPeerTests {
    /// Begins more queries than there is room for, and ends none. Returns who does, when the first has been refused.
    private func beginQueries(_ port: Int, token: String = "") throws -> [RawPeer] {
        let header = Array(
            RawPeer.frame(.query, sequence: 1, body: [UInt8](repeating: 1, count: 4 << 20))[..<Limits.headerBytes])
        var peers: [RawPeer] = []
        // Sixteen of them have as many bytes as all may have.
        for _ in 0..<17 {
            let peer = try RawPeer(port: port)
            try peer.openForQueries(token: token)
            try peer.send(header)
            peers.append(peer)
        }
        var refused: RawPeer?
        for _ in 0..<10_000 where refused == nil { refused = peers.first { $0.hasInput(within: 1) } }
        #expect(try refused?.farewell(.goaway) == .tooManyConnections)
        return peers
    }

    @Test("keeps room for large queries of a project, whatever another one has begun and not ended")
    func largeQueries() async throws {
        let tokens = try TokenFixture()
        let greedy = try tokens.create(.query, in: #require(ProjectName("greedy")))
        let other = try tokens.create(.query, in: #require(ProjectName("other")))
        try await tokens.withCollector { port in
            let peers = try beginQueries(port, token: greedy)
            let asking = try RawPeer(port: port)
            try asking.openForQueries(token: other)
            let text = "SELECT length('" + String(repeating: "a", count: 900_000) + "')"
            #expect(try asking.sql(text) == [[.integer(900_000)]])
            withExtendedLifetime(peers) {}
        }
    }

    @Test("keeps no more unfinished queries than it has room for")
    func unfinishedQueries() async throws {
        try await withServingCollector { port, _ in
            let peers = try beginQueries(port)
            let asking = try RawPeer(port: port)
            try asking.openForQueries()
            #expect(try asking.sql("SELECT 1") == [[.integer(1)]])
            for peer in peers { peer.hangUp() }
            let later = try RawPeer(port: port)
            try later.openForQueries()
            let text = "SELECT length('" + String(repeating: "a", count: 900_000) + "')"
            #expect(try later.sql(text) == [[.integer(900_000)]])
        }
    }

    @Test(
        "takes no more apart than its share of what may wait, of very many very small records, and settles them all",
        arguments: [1, 48])
    func smallRecords(connections: Int) async throws {
        try await withServingCollector { port, collector in
            let (work, going) = (collector.core.unsettled, DispatchSemaphore(value: 0))
            defer { going.signal() }
            let asking = try RawPeer(port: port)
            try asking.openForQueries()
            let peers = try (1...connections).map { number in
                let peer = try RawPeer(port: port)
                try peer.open(producer: Identifier(milliseconds: Int64(number)))
                return peer
            }
            let each = UInt64(48 / connections)
            // The writer settles nothing until it may.
            try #require(collector.core.projects.standard.queue.append(.perform { _ in going.wait() }))
            var body: [UInt8] = []
            for _ in 0..<Limits.batchRecords { body += [0x0a, 0x00] }
            // A batch weighs some two megabytes: together they are beyond what may wait of one token.
            for sequence in 1...each {
                for peer in peers { try peer.send(RawPeer.frame(.batch, sequence: sequence, body: body)) }
            }
            let owner = Owner(project: "default", token: nil)
            while work.left(to: owner) > 0 { #expect(try asking.sql("SELECT 1") == [[.integer(1)]]) }
            // Time in which more would be taken.
            for _ in 0..<500 { #expect(try asking.sql("SELECT 1") == [[.integer(1)]]) }
            #expect(work.bytes < work.limit / 4 + System.coreCount * 3 << 20)
            going.signal()
            for peer in peers {
                var acknowledged: UInt64 = 0
                while acknowledged < each { acknowledged = try peer.acknowledgement().sequence }
                #expect(acknowledged == each)
            }
        }
    }
}
