internal import NIOCore
internal import TracewireProtocol

/// How long the frame or batch that is arriving has taken, against what has come of it.
///
/// Single bytes gain nothing: it may take some time in any case, and beyond that must come at a least rate.
struct ArrivalClock: Equatable {
    private var begunAt: NIODeadline?
    private var bytes = 0
    private var pausedAt: NIODeadline?

    /// The frame or batch has begun, and so many bytes of it have come. Without effect if it had begun before.
    mutating func begin(bytes: Int, now: NIODeadline) {
        guard begunAt == nil else { return }
        begunAt = now
        self.bytes = bytes
    }

    mutating func arrived(bytes: Int) {
        self.bytes += bytes
    }

    /// Nothing is unfinished any more.
    mutating func end() {
        begunAt = nil
    }

    /// Stands still while what is missing is not the peer's to send.
    mutating func pause(now: NIODeadline) {
        if pausedAt == nil { pausedAt = now }
    }

    mutating func resume(now: NIODeadline) {
        if let pausedAt, let begunAt { self.begunAt = begunAt + (now - max(pausedAt, begunAt)) }
        pausedAt = nil
    }

    /// Whether the peer has had more than `patience`, and the time for what has come at ``Limits/leastBytesPerSecond``.
    func isOverdue(patience: TimeAmount, now: NIODeadline) -> Bool {
        guard let begunAt, pausedAt == nil else { return false }
        let (seconds, rest) = bytes.quotientAndRemainder(dividingBy: Limits.leastBytesPerSecond)
        let earned =
            TimeAmount.seconds(Int64(seconds))
            + .nanoseconds(
                Int64(rest) * 1_000_000_000 / Int64(Limits.leastBytesPerSecond))
        return now - begunAt >= patience + earned
    }
}
