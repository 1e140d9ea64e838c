import Script
import TracewireProtocol

/// Cuts a stream into frames, once as it is and once a few bytes at a time: both have to give the same frames, and the same
/// violation.
///
/// The stream is what the fuzzer gives, or frames that are made of it: header and body have checksums, which no fuzzer guesses.
func test(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var script = Script(input(start, count))
    let mode = script.byte()
    let made = mode & 0x80 == 0 ? Made(bytes: script.rest()) : stream(&script)
    let bytes = made.bytes
    let whole = frames(bytes, atATime: max(bytes.count, 1))
    let parts = frames(bytes, atATime: Int(mode & 0x7f) % 61 + 1)
    precondition(whole == parts, "frames depend on how the stream is cut")
    if let frames = made.frames { precondition(isFound(frames, whole), "a frame does not come as it was made") }
    return 0
}

/// Whether these frames came, up to one that breaks a rule.
private func isFound(_ frames: [FrameHeader], _ found: [Found]) -> Bool {
    guard case .violation(let code) = found.last else { return found == frames.map(Found.frame) }
    let before = found.dropLast()
    return code != .checksumMismatch && before.count < frames.count
        && before.elementsEqual(frames.prefix(before.count).map(Found.frame))
}

private struct Made {
    var bytes: [UInt8] = []
    /// What is in it; `nil` if something was changed afterwards.
    var frames: [FrameHeader]?
}

/// Frames whose checksums are right, and whatever is behind the last.
private func stream(_ script: inout Script) -> Made {
    var bytes: [UInt8] = []
    var frames: [FrameHeader]? = []
    while let (header, body) = script.frame() {
        let change = script.byte()
        bytes += change & 1 == 0 ? header.encoded() : altered(header, &script)
        bytes += body
        if change & 7 == 0 { frames?.append(header) } else { frames = nil }
        // As if the connection had been cut in a frame, or a bit of it had changed.
        if change & 2 != 0 { bytes.removeLast(min(bytes.count, Int(script.byte()))) }
        if change & 4 != 0, !bytes.isEmpty { bytes[Int(script.byte()) % bytes.count] ^= script.byte() }
    }
    return Made(bytes: bytes, frames: frames)
}

/// The header with another byte somewhere, and the checksum that belongs to it.
private func altered(_ header: FrameHeader, _ script: inout Script) -> [UInt8] {
    var bytes = header.encoded()
    let checked = bytes.count - 4
    bytes[Int(script.byte()) % checked] = script.byte()
    let checksum = CRC32.checksum(bytes.span.extracting(0..<checked))
    for place in 0..<4 { bytes[checked + place] = UInt8(truncatingIfNeeded: checksum >> (8 * place)) }
    return bytes
}

private enum Found: Equatable {
    case frame(FrameHeader)
    case violation(Code)
}

private func frames(_ bytes: [UInt8], atATime step: Int) -> [Found] {
    var decoder = FrameDecoder(bodyLimit: 1 << 20)
    var found: [Found] = []
    var stream: [UInt8] = []
    var place = 0
    while place < bytes.count {
        let end = min(place + step, bytes.count)
        stream += bytes[place..<end]
        place = end
        do throws(ProtocolViolation) {
            while let header = try decoder.next(stream.span) {
                found.append(.frame(header))
                stream.removeFirst(Limits.headerBytes + Int(header.wireLength))
            }
        } catch {
            return found + [.violation(error.code)]
        }
    }
    return found
}

fuzz(test)
