import Script
import TracewireProtocol

/// A client that says anything, in any order, to a collector's session. Checksums, which no fuzzer guesses, are left out: a frame
/// is its type, flags, sequence and body.
func test(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var script = Script(input(start, count))
    var session = CollectorSession(name: "fuzzed")
    while let (header, body) = script.frame() {
        do throws(ProtocolViolation) {
            guard case .accept = try session.admit(header) else { continue }
            switch try session.received(header, body: body.span) {
            case .open:
                _ = session.opened(
                    lastCommitted: UInt64(script.byte()), credit: UInt64(script.byte()) << 12, windowLog: 20,
                    hasProducer: true)
            case .run(_, let id), .watch(_, let id): if script.byte() % 2 == 0 { session.queryEnded(id: id) }
            case .finish: return 0
            case .appendToBatch, .completeBatch: _ = session.grant(UInt64(script.byte()) << 8)
            default: break
            }
        } catch {
            _ = session.refuse()
            return 0
        }
    }
    session.disconnected()
    return 0
}

fuzz(test)
