import Foundation
import Testing
import TracewireProtocol

@testable import TracewireCollector

/// Who waits for something to be committed is told once, when it can be read.
@Suite("A watch")
struct WatchTests {
    private func watch(_ peer: RawPeer, after position: UInt64, id: UInt64 = 1) throws {
        try peer.send(.watch, sequence: id, body: WatchRequest(after: position).encoded())
    }

    @Test("is answered at once where something is there, and else when it is committed and can be read")
    func answered() async throws {
        try await withServingCollector { port, _ in
            let (watching, sending) = (try RawPeer(port: port), try RawPeer(port: port))
            try watching.openForQueries()
            try watch(watching, after: 0)
            #expect(!watching.hasInput(within: 20))
            try sending.open()
            try sending.batch(1, [Sample.start()])
            #expect(try watching.receive(.summary, as: Summary.self).position == 1)
            try watching.ask(.report(name: "events", arguments: ["after": .integer(0)]), id: 2)
            #expect(try watching.answer().rows.count == 1)
            try watch(watching, after: 0, id: 3)
            #expect(try watching.receive(.summary, as: Summary.self) == Summary(position: 1))
            // What is refused is an event as well.
            try watch(watching, after: 1, id: 4)
            try sending.batch(2, [Sample.end(.completed), Sample.end(.failed)])
            #expect(try watching.receive(.summary, as: Summary.self).position == 3)
        }
    }

    @Test("ends when it is cancelled, and its id is free again")
    func cancelled() async throws {
        try await withServingCollector { port, _ in
            let peer = try RawPeer(port: port)
            try peer.openForQueries()
            for _ in 0..<20 {
                try watch(peer, after: 0)
                try peer.send(.cancel, sequence: 1, body: [])
                #expect(try peer.receive(.summary, as: Summary.self).code == .cancelled)
            }
        }
    }

    @Test("counts among the queries of its connection")
    func bounded() async throws {
        try await withServingCollector { port, _ in
            let peer = try RawPeer(port: port)
            try peer.openForQueries()
            for id in 1...UInt64(Limits.queriesPerConnection) { try watch(peer, after: 0, id: id) }
            try watch(peer, after: 0, id: 99)
            #expect(try peer.receive(.summary, as: Summary.self).code == .busy)
        }
    }

    @Test("does not keep a collector from stopping, and its client hears of it")
    func stopping() async throws {
        try await withServingCollector { port, collector in
            let peer = try RawPeer(port: port)
            try peer.openForQueries()
            try watch(peer, after: 0)
            // Otherwise it might come after the collector has stopped.
            try peer.ask(.report(name: "feed", arguments: [:]), id: 2)
            _ = try peer.answer()
            let stopped = DispatchSemaphore(value: 0)
            Task {
                await collector.stop()
                stopped.signal()
            }
            #expect(try peer.receive(.summary, as: Summary.self).code == .shuttingDown)
            stopped.wait()
        }
    }

    @Test("of a connection that is gone leaves nothing behind")
    func gone() async throws {
        try await withServingCollector { port, collector in
            for _ in 0..<50 {
                let peer = try RawPeer(port: port)
                try peer.openForQueries()
                try watch(peer, after: 0)
                peer.hangUp()
            }
            while collector.core.counters.snapshot.connections > 0 { sched_yield() }
            #expect(collector.core.projects.standard.watchers.count == 0)
        }
    }
}
