internal import NIOCore

/// Notices a peer that takes nothing of what it is sent, however little that is.
struct UnreadBytes: Equatable {
    /// Bytes that the peer's side had taken at the last look.
    private var taken = 0
    private var hasPending = false
    private var since: NIODeadline

    init(now: NIODeadline) {
        since = now
    }

    /// For how long something has waited and nothing was taken; zero if nothing waits.
    ///
    /// - Parameters:
    ///   - written: bytes given to the socket so far.
    ///   - pending: those of them that it has not taken.
    mutating func stuckFor(written: Int, pending: Int, now: NIODeadline) -> TimeAmount {
        // With TLS, what waits is longer than what was written: more of it waiting is nothing taken.
        if !hasPending || written - pending > taken { since = now }
        taken = written - pending
        hasPending = pending > 0
        return hasPending ? now - since : .zero
    }
}
