import Testing
import TracewireProtocol

/// `protocol/vectors` against the implementation: the same bytes in every language.
struct VectorTests {
    @Test(
        "A valid frame says what its JSON says, and is written again as the same bytes",
        arguments: Vector.names("valid"))
    func meaning(_ name: String) throws {
        let (vector, bytes) = try Vector.load("valid", name)
        for (direction, frames) in directions(vector) {
            // By type and sequence: frames of others may come between the parts of a body, which may have no end.
            var parts: [String: [UInt8]] = [:]
            var receiver = try VectorReceiver(windowLog: vector.streamWindowLog ?? 0)
            for frame in frames {
                let whole = [UInt8](bytes[frame.range])
                let header = try #require(try receiver.decoder.next(whole.span))
                #expect(header == frame.header?.header, "\(direction)")
                #expect(header.encoded() == [UInt8](whole.prefix(Limits.headerBytes)))
                let key = "\(header.type.rawValue) \(header.sequence)"
                parts[key, default: []] += try receiver.body(header, bytes[frame.range])
                if header.flags.contains(.more) { continue }
                try compare(header.type, parts.removeValue(forKey: key) ?? [], frame)
            }
        }
    }

    private func compare(_ type: FrameType, _ body: [UInt8], _ frame: Vector.Frame) throws {
        guard let expected = frame.body else { return }
        let read = try #require(try VectorBody.read(type, body))
        #expect(read.meaning.differences(from: Meaning(expected)) == [])
        if frame.isCanonical { #expect(read.again == body) }
    }

    /// Each direction of each connection by itself: that is what a receiver sees.
    private func directions(_ vector: Vector) -> [String: [Vector.Frame]] {
        Dictionary(grouping: vector.frames) { "\($0.from) of connection \($0.connection ?? 1)" }
    }

    @Test(
        "A frame comes out with its last byte, not before, and bytes behind it change nothing",
        arguments: Vector.names("valid"))
    func partialReads(_ name: String) throws {
        let (vector, bytes) = try Vector.load("valid", name)
        for frame in vector.frames {
            var receiver = try VectorReceiver()
            let byByte = try receiver.header(byByteOf: bytes[frame.range])
            #expect(byByte == frame.header?.header)
            let longer = [UInt8](bytes[frame.range]) + [0xff, 0x00, 0x54]
            #expect(try receiver.decoder.next(longer.span) == byByte)
        }
    }

    @Test("A collector takes every frame of a valid conversation", arguments: Vector.names("valid"))
    func conversation(_ name: String) throws {
        guard !name.hasPrefix("frame-") else { return }
        let (vector, bytes) = try Vector.load("valid", name)
        for (_, frames) in Dictionary(grouping: vector.frames, by: { $0.connection ?? 1 }) {
            var collector = try VectorCollector(vector, frames, bytes)
            try collector.play()
        }
    }

    @Test("A client takes every frame of a valid conversation", arguments: Vector.names("valid"))
    func clientsConversation(_ name: String) throws {
        guard !name.hasPrefix("frame-") else { return }
        let (vector, bytes) = try Vector.load("valid", name)
        for (_, frames) in Dictionary(grouping: vector.frames, by: { $0.connection ?? 1 }) {
            var client = try VectorClient(vector, frames, bytes)
            try client.play()
        }
    }

    @Test("A frame that breaks a rule is answered with the rule's code", arguments: Vector.names("invalid"))
    func violation(_ name: String) throws {
        let (vector, bytes) = try Vector.load("invalid", name)
        guard let code = vector.code else { return }
        #expect(Code(rawValue: code.number).description == code.name)
        try play(vector, vector.frames.dropLast(), bytes)
        let violation = #expect(throws: ProtocolViolation.self) {
            try play(vector, vector.frames, bytes)
        }
        #expect(violation?.code.rawValue == code.number, "\(String(describing: violation))")
    }

    /// Plays the side that receives the vector's last frame.
    private func play(_ vector: Vector, _ frames: [Vector.Frame], _ bytes: [UInt8]) throws {
        if vector.frames.last?.from == "client" {
            var collector = try VectorCollector(vector, frames, bytes)
            try collector.play()
        } else {
            var client = try VectorClient(vector, frames, bytes)
            try client.play()
        }
    }

    @Test("Records that break a rule get the rule's code, the others of their batch go through")
    func verdicts() throws {
        let (vector, bytes) = try Vector.load("invalid", "batch-with-bad-records")
        let expected = try #require(vector.verdicts)
        var collector = try VectorCollector(vector, vector.frames, bytes)
        try collector.play()
        let batch = try #require(collector.batches.first)
        let records = try IncomingBatch.records(in: batch.bytes.span)
        var codes: [Int: Code] = [:]
        for (index, record) in records.enumerated() {
            if case .failure(let fault) = record.content { codes[index] = fault.code }
        }
        #expect(codes == Dictionary(uniqueKeysWithValues: expected.map { ($0.index, Code(rawValue: $0.code.number)) }))
        #expect(records.count == expected.count + 2)
    }

    @Test("The vectors are what make.py writes")
    func reproducible() throws {
        try Oracle.runPython("protocol/vectors/make.py", ["--check"])
    }
}
