import Testing
import TracewireProtocol

/// Plays the client of a conversation: the collector's frames go into a ``ClientSession``, or a ``QuerySession`` where
/// `HELLO` names no producer, which first did what the client of the vector did.
struct VectorClient: ~Copyable {
    private enum Session {
        case ingest(ClientSession)
        case queries(QuerySession)
    }

    private let frames: [Vector.Frame]
    private let bytes: [UInt8]
    private var session: Session?
    /// One for each direction: what the client itself sends is read too.
    private var receiver: VectorReceiver
    private var ownReceiver: VectorReceiver
    private var batch: [UInt8] = []

    /// - Parameter frames: those of one connection.
    init(_ vector: Vector, _ frames: [Vector.Frame], _ bytes: [UInt8]) throws {
        let receiver = try VectorReceiver()
        ownReceiver = try VectorReceiver(windowLog: vector.streamWindowLog ?? 0)
        self.receiver = receiver
        self.frames = frames
        self.bytes = bytes
    }

    /// Plays the whole conversation.
    ///
    /// - Throws: what the session says against the collector.
    mutating func play() throws {
        for frame in frames {
            if frame.from == "collector" { try receive(frame) } else { try follow(frame) }
        }
    }

    private mutating func receive(_ frame: Vector.Frame) throws {
        let session = session
        let header = try receiver.header(byByteOf: bytes[frame.range]) { (header) throws(ProtocolViolation) in
            switch session {
            case .ingest(let ingest): try ingest.admit(header.type, flags: header.flags)
            case .queries(let queries): try queries.admit(header.type, flags: header.flags)
            case nil: .skip
            }
        }
        guard let header else { return }
        let body = try receiver.body(header, bytes[frame.range])
        switch session {
        case .ingest(var ingest):
            let actions = ingest.received(header.type, flags: header.flags, sequence: header.sequence, body: body.span)
            self.session = .ingest(ingest)
            for case .close(let ending) in actions where ending.isCollectorsFault {
                throw ProtocolViolation(ending.code, ending.message)
            }
        case .queries(var queries):
            let actions = queries.received(header.type, flags: header.flags, id: header.sequence, body: body.span)
            self.session = .queries(queries)
            for case .close(let ending) in actions where ending.isCollectorsFault {
                throw ProtocolViolation(ending.code, ending.message)
            }
        case nil:
            return
        }
    }

    /// Does what the vector's client did with its frame.
    private mutating func follow(_ frame: Vector.Frame) throws {
        let header = try #require(try ownReceiver.header(byByteOf: bytes[frame.range]))
        let body = try ownReceiver.body(header, bytes[frame.range])
        switch header.type {
        case .hello: try connect(Hello(decoding: body.span))
        case .batch:
            batch += body
            if !header.flags.contains(.more) { try send(header.sequence) }
        case .query: try ask(Query(decoding: body.span), header.sequence)
        case .watch: try watch(WatchRequest(decoding: body.span), header.sequence)
        case .cancel:
            guard case .queries(var queries) = session else { return }
            #expect(queries.cancel(header.sequence) == [.sendCancel(id: header.sequence)])
            session = .queries(queries)
        default: break
        }
    }

    private mutating func connect(_ hello: Hello) throws {
        if hello.producer == .zero {
            var queries = QuerySession(hello: hello)
            #expect(queries.connected() == [.sendHello(hello)])
            session = .queries(queries)
        } else {
            var ingest = ClientSession(hello: hello, highestAssigned: .max - 1)
            #expect(ingest.connected() == [.sendHello(hello)])
            session = .ingest(ingest)
        }
    }

    /// A batch is whole. One that came before is not the session's doing, so it is left out.
    private mutating func send(_ sequence: UInt64) throws {
        defer { batch = [] }
        guard case .ingest(var ingest) = session, sequence >= ingest.nextSequence else { return }
        let records = try IncomingBatch.records(in: batch.span).count
        #expect(ingest.nextSequence == sequence)
        ingest.beginBatch(bytes: batch.count, records: records)
        while ingest.nextPart() != nil {}
        session = .ingest(ingest)
    }

    private mutating func ask(_ query: Query, _ id: UInt64) throws {
        guard case .queries(var queries) = session else { return }
        #expect(queries.ask(query)?.id == id)
        session = .queries(queries)
    }

    private mutating func watch(_ request: WatchRequest, _ id: UInt64) throws {
        guard case .queries(var queries) = session else { return }
        #expect(queries.watch(after: request.after)?.actions == [.sendWatch(id: id, request)])
        session = .queries(queries)
    }
}
