import Testing
import TracewireProtocol

@Suite("Frames")
struct FrameTests {
    private func checksum(_ bytes: [UInt8], initial: UInt32 = 0) -> UInt32 {
        CRC32.checksum(bytes.span, initial: initial)
    }

    private func next(_ decoder: inout FrameDecoder, _ bytes: [UInt8]) throws -> FrameHeader? {
        try decoder.next(bytes.span)
    }

    private func frame(
        _ type: FrameType = .batch, flags: FrameFlags = [], sequence: UInt64 = 7, body: [UInt8] = [1, 2, 3],
        rawLength: Int? = nil
    ) -> [UInt8] {
        FrameHeader(type, flags: flags, sequence: sequence, body: body.span, rawLength: rawLength).encoded() + body
    }

    /// The header's checksum made right again after a change, so that a test reaches the rule behind it.
    private func resealed(_ bytes: [UInt8], _ change: (inout [UInt8]) -> Void) -> [UInt8] {
        var bytes = bytes
        change(&bytes)
        let checksum = checksum(Array(bytes[..<28]))
        for index in 0..<4 { bytes[28 + index] = UInt8(truncatingIfNeeded: checksum >> UInt32(index * 8)) }
        return bytes
    }

    private func violation(_ bytes: [UInt8], limit: Int = 100) -> Code? {
        var decoder = FrameDecoder(bodyLimit: limit)
        do {
            _ = try decoder.next(bytes.span)
            return nil
        } catch {
            return error.code
        }
    }

    @Test("CRC-32 is zlib's, whatever the length")
    func checksum() {
        #expect(checksum(Array("123456789".utf8)) == 0xcbf4_3926)
        #expect(checksum([]) == 0)
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        for cut in [0, 1, 7, 8, 9, 500, 1000] {
            let first = checksum(Array(bytes[..<cut]))
            #expect(checksum(Array(bytes[cut...]), initial: first) == checksum(bytes))
        }
    }

    @Test("the header has each field at its documented place")
    func layout() throws {
        let header = FrameHeader(
            type: .query, flags: [.more, .optional], wireLength: 0x0403_0201, rawLength: 0x0807_0605,
            sequence: 0x100f_0e0d_0c0b_0a09, bodyChecksum: 0x1413_1211)
        let bytes = header.encoded()
        #expect(bytes.count == 32)
        #expect(Array(bytes[..<8]) == [0x54, 0x57, 0x49, 0x52, 1, 7, 0b1100, 0])
        #expect(Array(bytes[8..<28]) == Array(1...20))
        let decoded = try FrameHeader.decode(bytes.span)
        #expect(decoded == header)
    }

    @Test("a frame is found byte by byte, and what follows is left alone")
    func partialReads() throws {
        let bytes = frame(body: Array(0..<50))
        var decoder = FrameDecoder(bodyLimit: 100)
        for count in 0..<bytes.count {
            #expect(try next(&decoder, Array(bytes[..<count])) == nil)
            #expect(decoder.isInsideFrame == (count >= 32))
        }
        #expect(try next(&decoder, bytes + [9, 9, 9])?.wireLength == 50)
        #expect(!decoder.isInsideFrame)
    }

    @Test("each rule of the header is enforced with its own code")
    func headerRules() {
        let good = frame()
        #expect(violation(good) == nil)
        #expect(violation(resealed(good) { $0[0] = 0x55 }) == .notTracewire)
        #expect(violation(Array("GET / HTTP/1.1\r\n".utf8)) == .notTracewire)
        #expect(violation(Array("GET ".utf8)) == .notTracewire)
        #expect(violation(Array("GET".utf8)) == nil)
        #expect(violation(resealed(good) { $0[4] = 2 }) == .unsupportedVersion)
        #expect(violation(resealed(good) { $0[7] = 1 }) == .invalidHeader)
        #expect(violation(resealed(good) { $0[6] = 0x10 }) == .invalidHeader)
        #expect(violation(resealed(good) { $0[6] = 0b11 }) == .invalidHeader)
        #expect(violation(resealed(good) { $0[12] = 4 }) == .invalidHeader)
        var corrupt = good
        corrupt[16] ^= 1
        #expect(violation(corrupt) == .checksumMismatch)
        corrupt = good
        corrupt[34] ^= 1
        #expect(violation(corrupt) == .checksumMismatch)
    }

    @Test("a length is refused before its body is waited for")
    func lengths() {
        let header = Array(frame(body: [UInt8](repeating: 0, count: 101))[..<32])
        #expect(violation(header) == .frameTooLarge)
        let inflated = frame(flags: FrameFlags(.frame), body: [1], rawLength: 101)
        #expect(violation(Array(inflated[..<32])) == .frameTooLarge)
        #expect(violation(header, limit: 101) == nil)
    }

    @Test("a body that is larger compressed than it can have become is refused")
    func inflatedByCompression() {
        let most = 100 + 1024
        for (length, expected) in [(most, nil), (most + 1, .invalidHeader)] as [(Int, Code?)] {
            let bytes = frame(flags: FrameFlags(.frame), body: [UInt8](repeating: 0, count: length), rawLength: 100)
            var decoder = FrameDecoder(bodyLimit: 4096)
            var found: Code?
            do throws(ProtocolViolation) { _ = try decoder.next(bytes.span) } catch { found = error.code }
            #expect(found == expected)
        }
    }

    @Test("a frame that is not admitted is refused before its body is waited for, and asked about once if it is")
    func admission() throws {
        let bytes = frame(.query, sequence: 3, body: Array(0..<50))
        var refusing = FrameDecoder(bodyLimit: 100)
        let header = Array(bytes[..<32])
        var code: Code?
        do throws(ProtocolViolation) {
            _ = try refusing.next(header.span) { (_) throws(ProtocolViolation) in
                throw ProtocolViolation(.unexpectedFrame, "not now")
            }
        } catch {
            code = error.code
        }
        #expect(code == .unexpectedFrame)
        var decoder = FrameDecoder(bodyLimit: 100)
        var asked: [UInt64] = []
        for count in 0...bytes.count {
            let step = try decoder.next(Array(bytes[..<count]).span) { header in
                asked.append(header.sequence)
                return .accept
            }
            #expect((step == .incomplete) == (count < bytes.count))
        }
        #expect(asked == [3])
    }

    @Test("a frame that is passed over is given up as it comes, whatever its checksum")
    func skipping() throws {
        var bytes = frame(FrameType(rawValue: 99), flags: .optional, body: Array(0..<50))
        bytes[40] ^= 1
        let next = frame(.ping, sequence: 8, body: [])
        var decoder = FrameDecoder(bodyLimit: 100)
        func step(_ bytes: [UInt8]) throws -> FrameDecoder.Step {
            try decoder.next(bytes.span) { $0.type == .ping ? .accept : .skip }
        }
        #expect(try step(Array(bytes[..<32])) == .skipped(32))
        #expect(try step([]) == .incomplete)
        #expect(decoder.isInsideFrame)
        #expect(try step(Array(bytes[32..<40])) == .skipped(8))
        #expect(try step(bytes[40...] + next) == .skipped(42))
        #expect(!decoder.isInsideFrame)
        #expect(try step(next) == .frame(try FrameHeader.decode(next.span)))
    }

    @Test("a body stands where it must and nowhere else")
    func emptyBodies() {
        for type in [FrameType.hello, .welcome, .refuse, .batch, .query] {
            #expect(violation(frame(type, body: [])) == .malformedBody)
        }
        // A message with nothing but defaults is no bytes: a plain farewell is one.
        for type in [FrameType.ack, .credit, .columns, .rows, .summary, .goaway] {
            #expect(violation(frame(type, body: [])) == nil)
        }
        #expect(violation(frame(.ping, body: [1])) == .malformedBody)
        #expect(violation(frame(.ping, body: [])) == nil)
        #expect(violation(frame(FrameType(rawValue: 200), flags: .optional, body: [])) == nil)
    }
}
