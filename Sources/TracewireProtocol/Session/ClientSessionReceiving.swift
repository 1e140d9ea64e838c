// What the collector says.

extension ClientSession {
    /// Decides about a frame by its header, before its body has come.
    ///
    /// - Throws: `unexpected_frame` or `unknown_frame_type`.
    public func admit(_ type: FrameType, flags: FrameFlags = []) throws(ProtocolViolation) -> FrameAdmission {
        switch type {
        case .welcome: try ProtocolViolation.require(state == .helloSent, "WELCOME came twice")
        case .refuse: try ProtocolViolation.require(state == .helloSent, "REFUSE came after WELCOME")
        case .ack, .credit:
            try ProtocolViolation.require(
                state != .helloSent && state != .connecting, "ACK or CREDIT came before WELCOME")
        case .goaway, .ping, .pong: break
        case .hello, .batch, .query, .watch, .columns, .rows, .summary, .cancel:
            try ProtocolViolation.require(false, "a frame of type \(type.rawValue) is not for a client that only sends")
        default: return try .unknown(type, flags)
        }
        return .accept
    }

    /// A frame came: its type, flags and sequence, and its body inflated.
    public mutating func received(
        _ type: FrameType, flags: FrameFlags = [], sequence: UInt64 = 0, body: Span<UInt8>
    ) -> [Action] {
        guard state != .closed else { return [] }
        awaitsAnswer = false
        do throws(ProtocolViolation) {
            return try admit(type, flags: flags) == .accept ? answer(type, sequence, body) : []
        } catch {
            return violated(error)
        }
    }

    /// The collector broke the protocol: a frame that could not be cut out or inflated ends here too.
    public mutating func violated(_ violation: ProtocolViolation) -> [Action] {
        guard state != .closed else { return [] }
        return close(SessionEnding(violation))
    }

    private mutating func answer(
        _ type: FrameType, _ sequence: UInt64, _ body: Span<UInt8>
    ) throws(ProtocolViolation) -> [Action] {
        switch type {
        case .welcome: return try open(Welcome(decoding: body))
        case .refuse: return close(SessionEnding(try Farewell(decoding: body)))
        case .goaway: return goaway(try Farewell(decoding: body))
        case .ack: return try acknowledged(sequence, Ack(decoding: body))
        case .credit: return try raised(Credit(decoding: body).credit, sequence)
        case .ping: return [.sendPong]
        default: return []
        }
    }

    private mutating func goaway(_ farewell: Farewell) -> [Action] {
        let ending = SessionEnding(farewell)
        // A batch sent in part is not the collector's to commit any more: it is sent again on the next connection.
        current = nil
        if inFlight.isEmpty { return close(ending) }
        state = .draining(ending)
        return []
    }

    private mutating func acknowledged(_ sequence: UInt64, _ ack: Ack) throws(ProtocolViolation) -> [Action] {
        guard sequence <= inFlight.last?.sequence ?? committed else {
            throw ProtocolViolation(.unexpectedFrame, "ACK names batch \(sequence), which was not sent")
        }
        guard sequence >= committed else {
            throw ProtocolViolation(.unexpectedFrame, "ACK goes back from batch \(committed) to \(sequence)")
        }
        for verdict in ack.verdicts { try check(verdict, through: sequence) }
        try checkOrder(ack.verdicts)
        inFlight.removeAll { $0.sequence <= sequence }
        committed = sequence
        credit = max(credit, ack.credit)
        let acknowledge = Action.acknowledge(through: sequence, verdicts: ack.verdicts)
        guard case .draining(let ending) = state else { return [acknowledge, .continueSending] }
        return inFlight.isEmpty ? [acknowledge] + close(ending) : [acknowledge]
    }

    private func check(_ verdict: Verdict, through sequence: UInt64) throws(ProtocolViolation) {
        guard verdict.sequence <= sequence, let batch = inFlight.first(where: { $0.sequence == verdict.sequence })
        else {
            throw ProtocolViolation(
                .unexpectedFrame, "a verdict names batch \(verdict.sequence), which its ACK does not cover")
        }
        guard verdict.index < batch.records else {
            throw ProtocolViolation(
                .unexpectedFrame, "a verdict names record \(verdict.index) of a batch of \(batch.records)")
        }
    }

    /// Two verdicts on one record cannot both be counted.
    private func checkOrder(_ verdicts: [Verdict]) throws(ProtocolViolation) {
        for (last, next) in zip(verdicts, verdicts.dropFirst())
        where (last.sequence, last.index) >= (next.sequence, next.index) {
            throw ProtocolViolation(
                .unexpectedFrame, "the verdict on record \(next.index) of batch \(next.sequence) is not in its order")
        }
    }

    private mutating func raised(_ credit: UInt64, _ request: UInt64) throws(ProtocolViolation) -> [Action] {
        guard request == 0 else {
            throw ProtocolViolation(.unexpectedFrame, "CREDIT names query \(request); nothing was asked here")
        }
        guard credit > self.credit else { return [] }
        self.credit = credit
        return [.continueSending]
    }
}
