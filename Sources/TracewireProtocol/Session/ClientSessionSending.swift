// Which bytes of which batch may go out.

extension ClientSession {
    /// Whether another batch may begin: the one before is out, and not too many wait for their acknowledgement.
    public var canBeginBatch: Bool {
        state == .open && current == nil && inFlight.count < maximumInFlight
    }

    /// The sequence of the batch that begins next.
    public var nextSequence: UInt64 {
        (current?.batch.sequence ?? inFlight.last?.sequence ?? committed) + 1
    }

    /// Begins the batch of ``nextSequence``; ``nextPart()`` hands it out. Without effect unless ``canBeginBatch``.
    ///
    /// - Parameters:
    ///   - bytes: its raw length; more than 0, within ``limits``.
    ///   - records: how many it holds.
    public mutating func beginBatch(bytes: Int, records: Int) {
        guard canBeginBatch, bytes > 0 else { return }
        current = CurrentBatch(batch: SentBatch(sequence: nextSequence, records: records), bytes: bytes)
    }

    /// The next piece to send; `nil` if no batch has begun or there is no credit for any of its bytes.
    ///
    /// Whatever credit there is gets used: the collector may wait for the rest of a batch before it grants more.
    public mutating func nextPart() -> Part? {
        guard state == .open, var current, credit > sentBytes else { return nil }
        let room = Int(clamping: credit - sentBytes)
        let count = min(current.bytes - current.sent, limits.partBytes, room)
        let range = current.sent..<(current.sent + count)
        current.sent = range.upperBound
        sentBytes += UInt64(count)
        let isWhole = current.sent == current.bytes
        if isWhole { inFlight.append(current.batch) }
        self.current = isWhole ? nil : current
        return Part(sequence: current.batch.sequence, range: range, more: !isWhole)
    }
}
