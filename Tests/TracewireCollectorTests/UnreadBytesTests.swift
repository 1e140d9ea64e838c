import NIOCore
import Testing

@testable import TracewireCollector

@Suite("Bytes that a peer does not take")
struct UnreadBytesTests {
    private func at(_ seconds: UInt64) -> NIODeadline { .uptimeNanoseconds(seconds * 1_000_000_000) }

    @Test("nothing pending is nothing unread, however long")
    func nothing() {
        var unread = UnreadBytes(now: at(0))
        var stuck = unread.stuckFor(written: 0, pending: 0, now: at(50))
        #expect(stuck == .zero)
        stuck = unread.stuckFor(written: 100, pending: 0, now: at(100))
        #expect(stuck == .zero)
        // The time counts from when something was first seen to wait.
        stuck = unread.stuckFor(written: 200, pending: 100, now: at(150))
        #expect(stuck == .zero)
        stuck = unread.stuckFor(written: 200, pending: 100, now: at(160))
        #expect(stuck == .seconds(10))
    }

    @Test("a byte that is taken begins the time anew, one that is added does not")
    func progress() {
        var unread = UnreadBytes(now: at(0))
        var stuck = unread.stuckFor(written: 10, pending: 10, now: at(1))
        stuck = unread.stuckFor(written: 50, pending: 50, now: at(11))
        #expect(stuck == .seconds(10))
        stuck = unread.stuckFor(written: 60, pending: 59, now: at(21))
        #expect(stuck == .zero)
        stuck = unread.stuckFor(written: 60, pending: 59, now: at(25))
        #expect(stuck == .seconds(4))
    }

    @Test("what TLS adds to what waits is not taken for something that the peer took")
    func overhead() {
        var unread = UnreadBytes(now: at(0))
        var stuck = unread.stuckFor(written: 10, pending: 32, now: at(1))
        stuck = unread.stuckFor(written: 50, pending: 94, now: at(11))
        #expect(stuck == .seconds(10))
        stuck = unread.stuckFor(written: 50, pending: 93, now: at(12))
        #expect(stuck == .zero)
    }
}
