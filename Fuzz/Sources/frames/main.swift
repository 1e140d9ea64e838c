import Script
import TracewireProtocol

/// Cuts a stream into frames, once as it is and once a few bytes at a time: both have to give the same frames, and the same
/// violation.
func test(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let given = input(start, count)
    guard let first = given.first else { return 0 }
    let bytes = Array(given.dropFirst())
    let whole = frames(bytes, atATime: max(bytes.count, 1))
    let parts = frames(bytes, atATime: Int(first) % 61 + 1)
    precondition(whole == parts, "frames depend on how the stream is cut")
    return 0
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
