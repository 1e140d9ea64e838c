import Glibc
import Testing
import TracewireProtocol
import TracewireZstd

/// A client that sends whatever bytes a test wants, over a blocking socket.
final class RawPeer {
    struct Closed: Error {}
    struct TimedOut: Error {}

    private var descriptor: Int32
    private var buffer: [UInt8] = []
    private var decoder = FrameDecoder(bodyLimit: Limits.frameRawBytes)

    /// - Parameters:
    ///   - receiveBuffer: bytes that the system takes in before the test reads them, about; `nil` for its choice.
    ///   - source: the address to connect from; `nil` for the system's choice.
    init(port: Int, receiveBuffer: Int32? = nil, from source: String? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if let source, !Self.bind(descriptor, to: source) { throw Closed() }
        if var bytes = receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Closed() }
    }

    private static func bind(_ descriptor: Int32, to source: String) -> Bool {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr(source)
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    func hangUp() {
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    /// Says that no more will be sent; what is answered can still be read.
    func endSending() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Closes without reading what has come, which makes the system reset the connection (RFC 1122, 4.2.2.13).
    func reset() {
        var lingering = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &lingering, socklen_t(MemoryLayout<linger>.size))
        close(descriptor)
        descriptor = -1
    }

    /// Sends as much of `bytes` as the system takes without waiting. Returns how many that are.
    @discardableResult
    func sendWhatIsTaken(_ bytes: [UInt8]) -> Int {
        bytes.withUnsafeBytes {
            Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
        }
    }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Closed() }
            sent += count
        }
    }

    func send(
        _ type: FrameType, flags: FrameFlags = [], sequence: UInt64 = 0, body: [UInt8] = [], rawLength: Int? = nil
    ) throws {
        try send(Self.frame(type, flags: flags, sequence: sequence, body: body, rawLength: rawLength))
    }

    static func frame(
        _ type: FrameType, flags: FrameFlags = [], sequence: UInt64 = 0, body: [UInt8] = [], rawLength: Int? = nil
    ) -> [UInt8] {
        FrameHeader(type, flags: flags, sequence: sequence, body: body.span, rawLength: rawLength).encoded() + body
    }

    /// Whether something came, or the collector closed, within so many milliseconds.
    func hasInput(within milliseconds: Int32) -> Bool {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return Glibc.poll(&poll, 1, milliseconds) == 1
    }

    /// Whatever bytes come next; empty when the collector has closed.
    func receiveBytes() throws -> [UInt8] {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard Glibc.poll(&poll, 1, 20_000) == 1 else { throw TimedOut() }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        return Array(bytes.prefix(max(0, count)))
    }

    /// The next frame with its body, inflated; GREASE is passed over.
    func receive() throws -> (header: FrameHeader, body: [UInt8]) {
        while true {
            let arrived = buffer
            if let header = try decoder.next(arrived.span) {
                let end = Limits.headerBytes + Int(header.wireLength)
                let body = Array(buffer[Limits.headerBytes..<end])
                buffer.removeFirst(end)
                if header.type == .grease { continue }
                return (header, try Self.inflated(body, header))
            }
            let bytes = try receiveBytes()
            guard !bytes.isEmpty else { throw Closed() }
            buffer += bytes
        }
    }

    /// The body of a frame as it was before it was compressed.
    static func inflated(_ body: [UInt8], _ header: FrameHeader) throws -> [UInt8] {
        guard header.flags.compression == .frame else { return body }
        var decompressor = try ZstdDecompressor()
        return try decompressor.inflateFrame(body.span, rawLength: Int(header.rawLength))
    }

    /// The next frame, which must be of `type`, as a message.
    func receive<Message: MessageBody>(_ type: FrameType, as: Message.Type) throws -> Message {
        let (header, body) = try receive()
        try #require(header.type == type, "a frame of type \(header.type.rawValue) came")
        return try Message(decoding: body.span)
    }

    /// The next frame of `type`, as a message; others are passed over.
    func receive<Message: MessageBody>(until type: FrameType, as: Message.Type) throws -> Message {
        while true {
            let (header, body) = try receive()
            if header.type == type { return try Message(decoding: body.span) }
        }
    }

    /// All that comes until the collector closes.
    func receiveUntilClosed() throws -> [UInt8] {
        var all = buffer
        while true {
            let bytes = try receiveBytes()
            if bytes.isEmpty { return all }
            all += bytes
        }
    }

    /// The code of the REFUSE or GOAWAY that comes next, after which the connection must be closed.
    func farewell(_ type: FrameType) throws -> Code {
        let farewell = try receive(type, as: Farewell.self)
        #expect(!farewell.message.isEmpty)
        #expect(try receiveUntilClosed().isEmpty)
        return farewell.code
    }

    // MARK: A session

    /// The producer of peers that name no other.
    static let producer = Identifier(milliseconds: 1)

    @discardableResult
    func open(
        producer: Identifier = RawPeer.producer, epoch: UInt64 = 1, nextSequence: UInt64 = 1,
        windowLog: UInt32 = 0, token: String = ""
    ) throws -> Welcome {
        try sendHello(producer: producer, epoch: epoch, nextSequence: nextSequence, windowLog: windowLog, token: token)
        return try receive(.welcome, as: Welcome.self)
    }

    func sendHello(
        producer: Identifier = RawPeer.producer, epoch: UInt64 = 1, nextSequence: UInt64 = 1,
        windowLog: UInt32 = 0, token: String = ""
    ) throws {
        var hello = Hello(clientName: "raw")
        hello.token = token
        hello.producer = producer
        hello.epoch = epoch
        hello.nextSequence = nextSequence
        hello.streamWindowLog = windowLog
        try send(.hello, body: hello.encoded())
    }

    func openForQueries(token: String = "") throws {
        try open(producer: .zero, epoch: 0, nextSequence: 0, token: token)
    }

    /// Why the collector refuses a client that shows `token`, and asks only unless it names a producer.
    static func refusal(port: Int, producer: Identifier = .zero, token: String) throws -> Farewell {
        let peer = try RawPeer(port: port)
        try peer.sendHello(producer: producer, token: token)
        return try peer.receive(.refuse, as: Farewell.self)
    }

    func batch(_ sequence: UInt64, _ records: [Record<String>]) throws {
        try send(.batch, sequence: sequence, body: Self.body(records))
    }

    static func body(_ records: [Record<String>]) -> [UInt8] {
        var writer = WireWriter()
        for record in records { writer.appendBatchEntry(record) }
        return writer.bytes
    }

    private static func reason(_ header: FrameHeader, _ body: [UInt8]) -> String {
        guard header.type == .goaway, let farewell = try? Farewell(decoding: body.span) else { return "" }
        return "\(farewell.code.rawValue) \(farewell.message)"
    }

    func acknowledgement() throws -> (sequence: UInt64, ack: Ack) {
        while true {
            let (header, body) = try receive()
            if header.type == .credit { continue }
            try #require(
                header.type == .ack, "a frame of type \(header.type.rawValue) came: \(Self.reason(header, body))")
            return (header.sequence, try Ack(decoding: body.span))
        }
    }

    func ask(_ request: Query.Request, id: UInt64 = 1, credit: UInt64 = 1 << 30, timeoutMs: UInt32 = 0) throws {
        try send(.query, sequence: id, body: Query(request, credit: credit, timeoutMs: timeoutMs).encoded())
    }

    /// The whole answer to a query.
    func answer() throws -> (rows: [[Value]], summary: Summary) {
        var rows: [[Value]] = []
        var parts: [UInt8] = []
        while true {
            let (header, body) = try receive()
            switch header.type {
            case .columns: break
            case .rows:
                parts += body
                if header.flags.contains(.more) { continue }
                rows += try Rows(decoding: parts.span).rows
                parts = []
            case .summary: return (rows, try Summary(decoding: body.span))
            default: Issue.record("a frame of type \(header.type.rawValue) came in an answer")
            }
        }
    }

    func sql(_ text: String) throws -> [[Value]] {
        try ask(.sql(text: text, parameters: []))
        let (rows, summary) = try answer()
        try #require(summary.code == .ok, "\(summary.message)")
        return rows
    }
}
