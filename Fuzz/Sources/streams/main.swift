import Script
import TracewireProtocol
import TracewireZstd

/// Bodies of one connection that say they are compressed: each is inflated to the length that it declares, or refused. What the
/// compressor makes comes back as it was, however it is cut into bodies.
func test(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = input(start, count)
    do throws(ZstdError) {
        try inflate(bytes)
        try roundTrip(bytes)
    } catch {
        precondition(error.code != .noMemory, "no memory for a window of 2^\(Limits.smallestWindowLog)")
    }
    return 0
}

/// Most bytes that a body may declare here.
private let most = 1 << 16

/// What the fuzzer gives as the bodies of a stream, and of frames that stand alone.
private func inflate(_ bytes: [UInt8]) throws(ZstdError) {
    var script = Script(bytes)
    var decompressor = try ZstdDecompressor(windowLog: 10)
    while let (header, body) = script.frame() {
        let length = Int(header.sequence) << Int(script.byte() % 9)
        do throws(ZstdError) {
            let raw =
                header.flags.contains(.more)
                ? try decompressor.inflateFrame(body.span, rawLength: min(length, most))
                : try decompressor.inflateStream(body.span, rawLength: min(length, most))
            precondition(raw.count == min(length, most), "a body has another length than it declares")
        } catch {
            // The connection ends with it.
            return
        }
    }
}

private func roundTrip(_ bytes: [UInt8]) throws(ZstdError) {
    var compressor = try ZstdCompressor(windowLog: 10)
    var decompressor = try ZstdDecompressor(windowLog: 10)
    var rest = bytes[...]
    while let step = rest.first {
        let part = Array(rest.prefix(Int(step) + 1))
        rest = rest.dropFirst(part.count)
        let body = try compressor.compressStream(part.span)
        let again = try decompressor.inflateStream(body.span, rawLength: part.count)
        precondition(again == part, "a stream is not what was compressed")
    }
}

fuzz(test)
