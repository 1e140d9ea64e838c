import Foundation
import Testing
import TracewireProtocol

@testable import TracewireCollector

@Suite("Queries whose clients do not read")
struct StalledQueryTests {
    private static let many =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT zeroblob(100000) FROM n"
    private static let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT MAX(i) FROM n"

    @Test("hold up nobody, however many they are", arguments: [2, 40], [1, 1 << 30])
    func others(count: Int, credit: UInt64) async throws {
        let configure: (inout CollectorConfiguration) -> Void = { $0.queryThreads = 2 }
        try await withServingCollector(configure) { port, _ in
            var stalled: [RawPeer] = []
            for _ in 0..<count {
                let peer = try RawPeer(port: port)
                try peer.openForQueries()
                try peer.ask(.sql(text: Self.many, parameters: []), credit: credit)
                stalled.append(peer)
            }
            let reader = try RawPeer(port: port)
            try reader.openForQueries()
            try reader.ask(.report(name: "status", arguments: [:]), id: 7)
            #expect(try reader.answer().summary.code == .ok)
            #expect(try reader.sql("SELECT 4") == [[.integer(4)]])
            withExtendedLifetime(stalled) {}
        }
    }

    @Test(
        "yield also if their clients take a byte now and then",
        arguments: [
            (16, .sql(text: StalledQueryTests.many, parameters: []), .sql(text: "SELECT 4", parameters: [])),
            (4, .report(name: "status", arguments: [:]), .report(name: "status", arguments: [:])),
        ] as [(Int, Query.Request, Query.Request)])
    func dripping(count: Int, request: Query.Request, other: Query.Request) async throws {
        let configure: (inout CollectorConfiguration) -> Void = { $0.queryTimeout = .seconds(3600) }
        try await withServingCollector(configure) { port, _ in
            var dripping: [RawPeer] = []
            for _ in 0..<count {
                let peer = try RawPeer(port: port)
                try peer.openForQueries()
                try peer.ask(request, credit: 1)
                dripping.append(peer)
            }
            let reader = try RawPeer(port: port)
            try reader.openForQueries()
            try reader.send(.ping, sequence: 1)
            #expect(try reader.receive().header.type == .pong)
            try reader.ask(other)
            var times: UInt64 = 0
            while times < 20_000, !reader.hasInput(within: 1) {
                times += 1
                // For one that has yielded it is ignored.
                for peer in dripping { try peer.send(.credit, sequence: 1, body: Credit(1 + times / 100).encoded()) }
            }
            #expect(times < 20_000)
            #expect(try reader.answer().summary.code == .ok)
        }
    }

    @Test("leave the queries of other projects a place, however long a project's own work")
    func otherProjects() async throws {
        let tokens = try TokenFixture()
        let busy = try tokens.create(.query, in: #require(ProjectName("busy")))
        let other = try tokens.create(.query, in: #require(ProjectName("other")))
        let configure: (inout CollectorConfiguration) -> Void = {
            ($0.queryThreads, $0.queryTimeout) = (2, .seconds(3600))
        }
        try await tokens.withCollector(where: configure) { port in
            let working = try RawPeer(port: port)
            try working.openForQueries(token: busy)
            for id in 1...4 { try working.ask(.sql(text: Self.endless, parameters: []), id: UInt64(id)) }
            let reader = try RawPeer(port: port)
            try reader.openForQueries(token: other)
            #expect(try reader.sql("SELECT 4") == [[.integer(4)]])
        }
    }

    @Test("status is answered while every place is taken, also by those who do not read it")
    func status() async throws {
        let configure: (inout CollectorConfiguration) -> Void = { $0.queryThreads = 1 }
        try await withServingCollector(configure) { port, _ in
            let busy = try RawPeer(port: port)
            try busy.openForQueries()
            try busy.ask(.sql(text: Self.endless, parameters: []))
            let deaf = try RawPeer(port: port)
            try deaf.openForQueries()
            for id in 1...8 { try deaf.ask(.report(name: "status", arguments: [:]), id: UInt64(id), credit: 0) }
            let asking = try RawPeer(port: port)
            try asking.openForQueries()
            try asking.ask(.report(name: "status", arguments: [:]))
            #expect(try asking.answer().summary.code == .ok)
        }
    }

    @Test("are closed when they take nothing for long, however little waits for them")
    func closing() async throws {
        let configure: (inout CollectorConfiguration) -> Void = { $0.stallTimeout = .milliseconds(50) }
        try await withServingCollector(configure) { port, _ in
            let deaf = try RawPeer(port: port, receiveBuffer: 1 << 16)
            try deaf.openForQueries()
            // No more than one window of it is under way at a time, which is below the socket's high-water mark.
            try deaf.ask(.sql(text: Self.many, parameters: []))
            try until([.text("connections"), .integer(1)], port)
            withExtendedLifetime(deaf) {}
        }
    }

    @Test("are cut when a stopping collector has waited for them")
    func cutting() async throws {
        let configure: (inout CollectorConfiguration) -> Void = {
            $0.drainTimeout = .milliseconds(50)
            $0.queryTimeout = .seconds(3600)
        }
        try await withServingCollector(configure) { port, collector in
            let deaf = try RawPeer(port: port, receiveBuffer: 1 << 16)
            try deaf.openForQueries()
            try deaf.ask(.sql(text: Self.many, parameters: []))
            // So often that the sockets' buffers have filled, on a busy machine too.
            try until([.text("queries_stalled"), .integer(1)], port, times: 500)
            let stopped = DispatchSemaphore(value: 0)
            Task {
                await collector.stop()
                stopped.signal()
            }
            stopped.wait()
            // What waited for it is gone, with the end of the answer.
            var isCut = false
            do {
                _ = try deaf.answer()
            } catch is RawPeer.Closed {
                isCut = true
            }
            #expect(isCut)
        }
    }

    @Test("that nothing can interrupt do not keep a stopping collector from cutting its connections")
    func uninterruptible() async throws {
        let configure: (inout CollectorConfiguration) -> Void = {
            $0.drainTimeout = .milliseconds(50)
            $0.queryTimeout = .seconds(3600)
        }
        try await withServingCollector(configure) { port, collector in
            let (release, stopped) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
            let queue = collector.core.projects.standard.queue
            #expect(queue.append(.perform { _ in release.wait() }))
            let peer = try RawPeer(port: port)
            try peer.openForQueries()
            // Its thread waits for the writer, whatever it is told.
            try peer.ask(.report(name: "prune", arguments: ["before": .integer(0)]))
            let asking = try RawPeer(port: port)
            try asking.openForQueries()
            for _ in 0..<20_000 where !collector.core.queries.isWorking {
                try asking.send(.ping, sequence: 1)
                #expect(try asking.receive().header.type == .pong)
            }
            #expect(collector.core.queries.isWorking)
            Task {
                await collector.stop()
                stopped.signal()
            }
            #expect(try peer.receive().header.type == .goaway)
            #expect(throws: RawPeer.Closed.self) { try peer.receive() }
            release.signal()
            stopped.wait()
        }
    }

    /// Asks for the status until it has that row, so many times on end.
    private func until(_ row: [Value], _ port: Int, times: Int = 1) throws {
        let asking = try RawPeer(port: port)
        try asking.openForQueries()
        var found = 0
        for _ in 0..<20_000 {
            try asking.ask(.report(name: "status", arguments: [:]))
            found = try asking.answer().rows.contains(row) ? found + 1 : 0
            if found == times { return }
        }
        Issue.record("status never had \(row)")
    }

    @Test("end when they have waited for long, though they may work for longer: their snapshots hold the log")
    func ending() async throws {
        let configure: (inout CollectorConfiguration) -> Void = { $0.stallTimeout = .milliseconds(50) }
        try await withServingCollector(configure) { port, _ in
            let writing = try RawPeer(port: port)
            try writing.open()
            try writing.batch(1, [Sample.start()])
            _ = try writing.acknowledgement()
            for request in [
                Query.Request.report(name: "search", arguments: ["text": .text("date_course")]),
                .sql(text: "SELECT name FROM workflows", parameters: []),
            ] {
                let deaf = try RawPeer(port: port)
                try deaf.openForQueries()
                try deaf.ask(request, credit: 1)
                #expect(try deaf.receive().header.type == .columns)
                #expect(try deaf.receive().header.type == .rows)
                let summary = try deaf.receive(.summary, as: Summary.self)
                #expect(summary.code == .deadlineExceeded)
                #expect(summary.message.contains("longer than 50 ms"))
            }
        }
    }

    @Test("go on when they read again")
    func goingOn() async throws {
        let configure: (inout CollectorConfiguration) -> Void = { $0.queryThreads = 1 }
        try await withServingCollector(configure) { port, _ in
            let slow = try RawPeer(port: port)
            try slow.openForQueries()
            try slow.ask(.sql(text: "SELECT zeroblob(1000)", parameters: []), credit: 1)
            #expect(try slow.receive().header.type == .columns)
            #expect(try slow.receive().header.type == .rows)
            let other = try RawPeer(port: port)
            try other.openForQueries()
            #expect(try other.sql("SELECT 1") == [[.integer(1)]])
            try slow.send(.credit, sequence: 1, body: Credit(1 << 20).encoded())
            let (header, rest) = try slow.receive()
            #expect(header.type == .rows)
            #expect(rest.count > 1000)
            #expect(try slow.receive(.summary, as: Summary.self).code == .ok)
        }
    }
}
