import Foundation
import Testing
import TracewireProtocol

@testable import TracewireCollector

/// Says to a collector what an earlier client said, byte for byte, and compares what it answers with what was answered then.
///
/// What may differ: credit and when it comes, how many batches one ACK answers and how rows are cut into chunks, names and
/// limits that a collector tells of itself, sentences for people, new columns at the end, and values of its clock and its
/// chance. What was asked and answered before the next bytes were sent then is answered now before they are. Nothing else may come.
final class Replay {
    /// Times of the collector's clock, and what it makes by chance.
    private static let varying: Set = [
        "received_at", "last_heard_at", "heard_at", "at", "origin", "scanned_origin", "first_seen", "last_seen",
        "elapsed_us",
    ]

    private struct Request: Hashable {
        let connection: Int
        let id: UInt64
    }

    /// What came, or was to come, of an answer.
    private struct Answer {
        var columns: [String] = []
        var chunks: [[UInt8]] = []
        var part: [UInt8] = []

        mutating func add(_ body: [UInt8], _ header: FrameHeader) {
            part += body
            guard !header.flags.contains(.more) else { return }
            chunks.append(part)
            part = []
        }

        func rows() throws -> [[Value]] {
            try chunks.flatMap { try Rows(decoding: $0.span).rows }
        }
    }

    private struct Early {
        let type: FrameType
        let id: UInt64
        let body: [UInt8]
    }

    private final class Connection {
        let peer: RawPeer
        var acknowledged: UInt64 = 0
        var verdicts: [String: Code] = [:]
        var expectedVerdicts: [String: Code] = [:]
        /// What came before it was waited for.
        var early: [Early] = []
        /// Whether the client has said that it goes, which a collector answers by closing.
        var hasLeft = false

        init(_ peer: RawPeer) {
            self.peer = peer
        }
    }

    private let port: Int
    private let stop: () -> Void
    private var connections: [Int: Connection] = [:]
    private var expected: [Request: Answer] = [:]
    private var received: [Request: Answer] = [:]
    /// Those whose answers were broken off then: how much of one comes is nobody's promise.
    private var open: Set<Request> = []
    private var answered: Set<Request> = []

    /// - Parameter stop: begins to stop the collector.
    init(port: Int, stop: @escaping () -> Void) {
        self.port = port
        self.stop = stop
    }

    func play(_ conversation: Conversation) throws {
        open = try Self.broken(conversation.steps)
        for (index, step) in conversation.steps.enumerated() {
            switch step {
            case .client(let number, let bytes): try say(bytes, on: number)
            case .collector(let number, let frame): try expect(frame, on: number)
            case .ended(let number, let byCollector):
                try settle(number, before: conversation.steps[index...])
                try expectNothingElse(on: number, isClosed: byCollector)
                try connection(number).peer.hangUp()
            case .collectorStops: stop()
            }
        }
        for (number, connection) in connections {
            #expect(connection.verdicts == connection.expectedVerdicts, "connection \(number)")
        }
        #expect(Set(received.keys).subtracting(expected.keys).subtracting(open) == [], "nobody asked for that")
    }

    private func say(_ bytes: [UInt8], on number: Int) throws {
        if connections[number] == nil { connections[number] = Connection(try RawPeer(port: port)) }
        let connection = try connection(number)
        if try Conversation.RecordedFrame(bytes).header.type == .goaway { connection.hasLeft = true }
        try connection.peer.send(bytes)
    }

    /// The requests that were never answered to their end.
    private static func broken(_ steps: [Conversation.Step]) throws -> Set<Request> {
        var open: Set<Request> = []
        for step in steps {
            switch step {
            case .client(let number, let bytes):
                let header = try Conversation.RecordedFrame(bytes).header
                guard header.type == .query || header.type == .watch else { continue }
                open.insert(Request(connection: number, id: header.sequence))
            case .collector(let number, let frame) where frame.header.type == .summary:
                open.remove(Request(connection: number, id: frame.header.sequence))
            case .collector, .ended, .collectorStops: continue
            }
        }
        return open
    }

    /// Reads all that the collector has said by now on a connection: nothing that it did not say then.
    private func expectNothingElse(on number: Int, isClosed: Bool) throws {
        let connection = try connection(number)
        if isClosed || connection.hasLeft {
            do {
                while true { try read(number) }
            } catch is RawPeer.Closed {}
        } else {
            try connection.peer.send(.ping)
            _ = try take(.pong, on: number)
        }
        let more = connection.early.filter {
            $0.type != .summary || !open.contains(Request(connection: number, id: $0.id))
        }
        #expect(more.map(\.type.rawValue) == [], "on connection \(number) the collector said more than it did then")
    }

    /// What a connection that was cut had sent may have been committed without its ACK having come. The producer's next connection
    /// heard of it then.
    private func settle(_ number: Int, before steps: ArraySlice<Conversation.Step>) throws {
        guard let welcome = Self.welcome(of: number + 1, in: steps) else { return }
        let committed = try Welcome(decoding: welcome.body.span).lastCommittedSequence
        while try connection(number).acknowledged < committed { try read(number) }
    }

    private static func welcome(
        of connection: Int, in steps: ArraySlice<Conversation.Step>
    ) -> Conversation.RecordedFrame? {
        for step in steps {
            if case .collector(let number, let frame) = step, number == connection, frame.header.type == .welcome {
                return frame
            }
        }
        return nil
    }

    private func expect(_ frame: Conversation.RecordedFrame, on number: Int) throws {
        let request = Request(connection: number, id: frame.header.sequence)
        switch frame.header.type {
        case .welcome: try expectWelcome(try Welcome(decoding: frame.body.span), on: number)
        case .ack:
            let ack = try Ack(decoding: frame.body.span)
            let connection = try connection(number)
            for verdict in ack.verdicts { connection.expectedVerdicts[Self.key(verdict)] = verdict.code }
            while connection.acknowledged < frame.header.sequence { try read(number) }
        case .columns: expected[request, default: Answer()].columns = try Self.names(frame.body)
        case .rows: expected[request, default: Answer()].add(frame.body, frame.header)
        case .summary: try expectSummary(try Summary(decoding: frame.body.span), request)
        case .goaway, .refuse:
            let answer = try take(frame.header.type, on: number)
            #expect(try Farewell(decoding: answer.span).code == Farewell(decoding: frame.body.span).code)
        case .pong: _ = try take(.pong, on: number)
        // Credit comes when there is room; a ping or grease when the collector likes.
        default: break
        }
    }

    private func expectWelcome(_ then: Welcome, on number: Int) throws {
        let body = try take(.welcome, on: number)
        let now = try Welcome(decoding: body.span)
        #expect(now.version == then.version)
        #expect(now.features == then.features)
        #expect(now.streamWindowLog == then.streamWindowLog)
        #expect(now.lastCommittedSequence == then.lastCommittedSequence)
        #expect(now.limits.frameRawBytes >= then.limits.frameRawBytes)
        #expect(now.limits.batchBytes >= then.limits.batchBytes && now.limits.batchRecords >= then.limits.batchRecords)
        #expect(now.limits.recordBytes >= then.limits.recordBytes && now.limits.valueBytes >= then.limits.valueBytes)
    }

    private func expectSummary(_ then: Summary, _ request: Request) throws {
        let body = try take(.summary, on: request.connection, id: request.id)
        let now = try Summary(decoding: body.span)
        #expect(now.code == then.code)
        answered.insert(request)
        let expected = self.expected[request] ?? Answer()
        let received = self.received[request] ?? Answer()
        #expect(Array(received.columns.prefix(expected.columns.count)) == expected.columns)
        guard then.code == .ok else { return }
        let kept = expected.columns.indices.filter { !Self.varying.contains(expected.columns[$0]) }
        let rowsThen = try expected.rows().map { row in kept.map { row[$0] } }
        let rowsNow = try received.rows().map { row in kept.map { row[$0] } }
        #expect(rowsNow == rowsThen, "\(expected.columns)")
    }

    private func connection(_ number: Int) throws -> Connection {
        try #require(connections[number], "the client said nothing on connection \(number)")
    }

    // MARK: What comes

    /// The body of the next frame of that type; what comes before it is kept.
    private func take(_ type: FrameType, on number: Int, id: UInt64? = nil) throws -> [UInt8] {
        let connection = try connection(number)
        while true {
            let index = connection.early.firstIndex { $0.type == type && (id == nil || $0.id == id) }
            if let index { return connection.early.remove(at: index).body }
            try read(number)
        }
    }

    /// Reads a frame, and keeps it for who waits for one.
    private func read(_ number: Int) throws {
        let connection = try connection(number)
        let (header, body) = try connection.peer.receive()
        let request = Request(connection: number, id: header.sequence)
        #expect(!answered.contains(request) || header.type != .columns && header.type != .rows, "more than an answer")
        switch header.type {
        case .ack:
            connection.acknowledged = header.sequence
            for verdict in try Ack(decoding: body.span).verdicts {
                connection.verdicts[Self.key(verdict)] = verdict.code
            }
        case .columns: received[request, default: Answer()].columns = try Self.names(body)
        case .rows: received[request, default: Answer()].add(body, header)
        // These come when they come.
        case .credit, .ping: break
        default: connection.early.append(Early(type: header.type, id: header.sequence, body: body))
        }
    }

    private static func key(_ verdict: Verdict) -> String { "\(verdict.sequence).\(verdict.index)" }

    private static func names(_ body: [UInt8]) throws -> [String] {
        try Columns(decoding: body.span).columns.map(\.name)
    }
}
