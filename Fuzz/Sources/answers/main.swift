import Script
import TracewireProtocol

/// A collector that answers anything, in any order, to a client that asks.
func test(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var script = Script(input(start, count))
    var session = QuerySession(hello: Hello(clientName: "fuzzed"))
    _ = session.connected()
    while let (header, body) = script.frame(), session.state != .closed {
        _ = session.received(header.type, flags: header.flags, id: header.sequence, body: body.span)
        switch script.byte() % 8 {
        case 0: _ = session.ask(Query(.sql(text: "SELECT 1", parameters: []), credit: 0))
        case 1: _ = session.watch(after: UInt64(script.byte()))
        case 2: _ = session.cancel(UInt64(script.byte() % 16))
        case 3: _ = session.consumed(UInt64(script.byte() % 16), bytes: Int(script.byte()) << 12)
        case 4: _ = session.silent(peerTakes: script.byte() % 2 == 0)
        default: break
        }
    }
    return 0
}

fuzz(test)
