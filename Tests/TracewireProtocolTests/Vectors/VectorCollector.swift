import Testing
import TracewireProtocol

/// Plays the collector of a conversation: the client's frames go into a ``CollectorSession``, and what the collector
/// of the vector sent in return (its welcome, credit and summaries) is what this one does.
struct VectorCollector: ~Copyable {
    private let frames: [Vector.Frame]
    private let bytes: [UInt8]
    private var session: CollectorSession
    private var receiver: VectorReceiver
    private let welcome: Welcome?
    private var granted: UInt64 = 0
    private var batch: [UInt8] = []
    /// Batches that came whole, by their sequence.
    private(set) var batches: [(sequence: UInt64, bytes: [UInt8])] = []

    /// - Parameter frames: those of one connection.
    init(_ vector: Vector, _ frames: [Vector.Frame], _ bytes: [UInt8]) throws {
        let welcome = try frames.first { $0.header?.type == FrameType.welcome.rawValue }
            .map { try VectorBody.plain(Welcome.self, bytes[$0.range]) }
        receiver = try VectorReceiver(bodyLimit: Limits.helloBytes, windowLog: vector.streamWindowLog ?? 0)
        session = CollectorSession(name: welcome?.collectorName ?? "", limits: welcome?.limits ?? SessionLimits())
        self.welcome = welcome
        self.frames = frames
        self.bytes = bytes
    }

    /// Plays the whole conversation.
    mutating func play() throws {
        for frame in frames {
            if frame.from == "client" { try receive(frame) } else { try follow(frame) }
        }
    }

    private mutating func receive(_ frame: Vector.Frame) throws {
        var admitting = session
        let header = try receiver.header(byByteOf: bytes[frame.range]) { (header) throws(ProtocolViolation) in
            try admitting.admit(header)
        }
        session = admitting
        guard let header else { return }
        let body = try receiver.body(header, bytes[frame.range])
        switch try session.received(header, body: body.span) {
        case .open(let hello): try open(hello)
        case .appendToBatch: batch += body
        case .completeBatch(let sequence):
            batch += body
            _ = try IncomingBatch.records(in: batch.span)
            batches.append((sequence, batch))
            batch = []
        default: break
        }
    }

    /// Opens the session as the vector's collector did; where the vector ends before, it stays opening.
    private mutating func open(_ hello: Hello) throws {
        guard let welcome else { return }
        let opened = session.opened(
            lastCommitted: welcome.lastCommittedSequence, credit: welcome.credit, windowLog: welcome.streamWindowLog,
            hasProducer: hello.producer != .zero)
        #expect(opened?.features.isSubset(of: hello.offeredFeatures) == true)
        granted = welcome.credit
        receiver.decoder.bodyLimit = Int(welcome.limits.frameWireBytes)
    }

    /// Does what the vector's collector did with its frame.
    private mutating func follow(_ frame: Vector.Frame) throws {
        guard let header = frame.header?.header else { return }
        switch header.type {
        case .ack:
            let credit = try VectorBody.plain(Ack.self, bytes[frame.range]).credit
            granted = session.grant(credit - min(granted, credit))
            #expect(granted == credit)
        case .summary: session.queryEnded(id: header.sequence)
        default: break
        }
    }
}
