import CZstd
import Testing
import TracewireProtocol
import TracewireZstd

@Suite("Compression")
struct ZstdTests {
    private func text(_ count: Int, seed: UInt8 = 1) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: ($0 / 7) &* 31) &+ seed }
    }

    private func frame(_ decompressor: inout ZstdDecompressor, _ body: [UInt8], _ rawLength: Int) throws -> [UInt8] {
        try decompressor.inflateFrame(body.span, rawLength: rawLength)
    }

    private func stream(_ decompressor: inout ZstdDecompressor, _ body: [UInt8], _ rawLength: Int) throws -> [UInt8] {
        try decompressor.inflateStream(body.span, rawLength: rawLength)
    }

    private func code(_ body: () throws -> Void) -> ZstdError.Code? {
        do {
            try body()
            return nil
        } catch let error as ZstdError {
            return error.code
        } catch {
            return nil
        }
    }

    @Test("a frame comes back as it was", arguments: [1, 100, 70_000, 4 << 20])
    func frames(count: Int) throws {
        var compressor = try ZstdCompressor()
        var decompressor = try ZstdDecompressor()
        let raw = text(count)
        let body = try compressor.compressFrame(raw.span)
        #expect(try frame(&decompressor, body, count) == raw)
    }

    @Test("a stream remembers what came before: the same bytes again cost almost nothing")
    func streams() throws {
        var compressor = try ZstdCompressor(windowLog: 20)
        var decompressor = try ZstdDecompressor(windowLog: 20)
        var generator = SystemRandomNumberGenerator()
        let raw = (0..<100_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        var sizes: [Int] = []
        for _ in 0..<5 {
            let body = try compressor.compressStream(raw.span)
            sizes.append(body.count)
            #expect(try stream(&decompressor, body, raw.count) == raw)
        }
        #expect(sizes[0] > 100_000)
        #expect(sizes[1...].allSatisfy { $0 < 1000 })
    }

    @Test("frames may come between the bodies of a stream")
    func mixed() throws {
        var compressor = try ZstdCompressor(windowLog: 18)
        var decompressor = try ZstdDecompressor(windowLog: 18)
        for index in 0..<4 {
            let raw = text(5000, seed: UInt8(index))
            let streamBody = try compressor.compressStream(raw.span)
            let frameBody = try compressor.compressFrame(raw.span)
            #expect(try frame(&decompressor, frameBody, raw.count) == raw)
            #expect(try stream(&decompressor, streamBody, raw.count) == raw)
        }
    }

    @Test("the frame of a stream never ends: no other one can begin, whatever its window")
    func ending() throws {
        var decompressor = try ZstdDecompressor(windowLog: 20)
        var compressor = try ZstdCompressor()
        let raw = text(5000)
        let body = try compressor.compressFrame(raw.span)
        #expect(code { _ = try stream(&decompressor, body, raw.count) } == .corrupt)
    }

    @Test("a bomb inflates no further than was announced: 1 GiB of zeros in a small frame")
    func bombs() throws {
        let bomb = Self.zeros(gibibytes: 1)
        #expect(bomb.count < 100_000)
        var decompressor = try ZstdDecompressor(windowLog: 20)
        #expect(code { _ = try frame(&decompressor, bomb, 4 << 20) } != nil)
        #expect(code { _ = try stream(&decompressor, bomb, 4 << 20) } == .overLimit)
    }

    /// A stream of zeros, made piece by piece.
    private static func zeros(gibibytes: Int) -> [UInt8] {
        guard let context = ZSTD_createCCtx() else { return [] }
        defer { ZSTD_freeCCtx(context) }
        ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 20)
        let piece = [UInt8](repeating: 0, count: 1 << 20)
        var target = [UInt8](repeating: 0, count: 1 << 20)
        var bytes: [UInt8] = []
        for index in 0..<(gibibytes << 10) {
            let mode = index == gibibytes << 10 - 1 ? ZSTD_e_end : ZSTD_e_continue
            piece.withUnsafeBytes { source in
                target.withUnsafeMutableBytes { room in
                    var input = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: 0)
                    var output = ZSTD_outBuffer(dst: room.baseAddress, size: room.count, pos: 0)
                    _ = ZSTD_compressStream2(context, &output, &input, mode)
                    bytes.append(contentsOf: room.prefix(output.pos))
                }
            }
        }
        return bytes
    }

    @Test("a body that is cut short or changed is refused")
    func corruption() throws {
        var compressor = try ZstdCompressor()
        let raw = text(50_000)
        let body = try compressor.compressFrame(raw.span)
        var decompressor = try ZstdDecompressor()
        for count in [0, 1, 5, body.count / 2, body.count - 1] {
            #expect(code { _ = try frame(&decompressor, Array(body[..<count]), raw.count) } != nil)
        }
        #expect(code { _ = try frame(&decompressor, body, raw.count - 1) } != nil)
        #expect(code { _ = try frame(&decompressor, body, raw.count + 1) } != nil)
        #expect(code { _ = try frame(&decompressor, raw, 10) } == .corrupt)
    }

    @Test("a body is one frame: not two, none to be skipped, nothing behind it")
    func oneFrame() throws {
        var compressor = try ZstdCompressor()
        var decompressor = try ZstdDecompressor()
        let raw = text(1000)
        let body = try compressor.compressFrame(raw.span)
        let skippable: [UInt8] = [0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]
        for (wrong, rawLength) in [
            (body + body, 2 * raw.count), (body + skippable, raw.count), (skippable + body, raw.count),
            (skippable, 0), (body + [0], raw.count),
        ] {
            #expect(code { _ = try frame(&decompressor, wrong, rawLength) } == .corrupt)
        }
        #expect(try frame(&decompressor, body, raw.count) == raw)
    }

    @Test("a frame's window is at most 2^23, however little it inflates to")
    func frameWindow() throws {
        var decompressor = try ZstdDecompressor()
        let raw = text(1000)
        let widest = Self.frame(raw, windowLog: 23)
        #expect(try frame(&decompressor, widest, raw.count) == raw)
        #expect(code { _ = try frame(&decompressor, Self.frame(raw, windowLog: 24), raw.count) } == .overLimit)
        #expect(code { _ = try frame(&decompressor, Self.frame(raw, windowLog: 27), raw.count) } == .overLimit)
        // An eighth more than 2^23: the descriptor's lower three bits.
        var wider = widest
        wider[5] |= 1
        #expect(code { _ = try frame(&decompressor, wider, raw.count) } == .overLimit)
        // A single segment of 2^23 + 1 bytes, as far as it says.
        let segment: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0b1010_0000, 1, 0, 0x80, 0, 1, 0, 0]
        #expect(code { _ = try frame(&decompressor, segment, 0) } == .overLimit)
    }

    /// A frame that does not say its content's size, and so has to say its window.
    private static func frame(_ raw: [UInt8], windowLog: Int32) -> [UInt8] {
        guard let context = ZSTD_createCCtx() else { return [] }
        defer { ZSTD_freeCCtx(context) }
        ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, windowLog)
        ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0)
        var target = [UInt8](repeating: 0, count: raw.count + 1000)
        var input = ZSTD_inBuffer(src: nil, size: 0, pos: 0)
        var count = 0
        raw.withUnsafeBytes { source in
            target.withUnsafeMutableBytes { room in
                var output = ZSTD_outBuffer(dst: room.baseAddress, size: room.count, pos: 0)
                // In two steps, so that zstd does not fit the window to the content.
                input = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: 0)
                _ = ZSTD_compressStream2(context, &output, &input, ZSTD_e_continue)
                _ = ZSTD_compressStream2(context, &output, &input, ZSTD_e_end)
                count = output.pos
            }
        }
        return Array(target[..<count])
    }

    @Test("a lack of memory is nobody's fault, all else is the peer's")
    func blame() {
        #expect(ZstdError(code: .noMemory, message: "").violation.code == .internalFailure)
        #expect(ZstdError(code: .corrupt, message: "").violation.code == .decompressionFailed)
        #expect(ZstdError(code: .overLimit, message: "").violation.code == .decompressionFailed)
    }

    @Test("a stream without a grant, or with a larger window than granted, is refused")
    func windows() throws {
        var wide = try ZstdCompressor(windowLog: 22)
        let raw = text(3 << 20)
        let body = try wide.compressStream(raw.span)
        var none = try ZstdDecompressor()
        #expect(code { _ = try stream(&none, body, raw.count) } == .overLimit)
        var narrow = try ZstdDecompressor(windowLog: 18)
        #expect(code { _ = try stream(&narrow, body, raw.count) } == .overLimit)
        var compressor = try ZstdCompressor()
        #expect(code { _ = try compressor.compressStream(raw.span) } == .overLimit)
    }
}
