// What the collector answers to queries.

extension QuerySession {
    /// Decides about a frame by its header, before its body has come.
    ///
    /// - Throws: `unexpected_frame` or `unknown_frame_type`.
    public func admit(_ type: FrameType, flags: FrameFlags = []) throws(ProtocolViolation) -> FrameAdmission {
        switch type {
        case .welcome: try ProtocolViolation.require(state == .helloSent, "WELCOME came twice")
        case .refuse: try ProtocolViolation.require(state == .helloSent, "REFUSE came after WELCOME")
        // A connection that sends no batches has no use for their credit, but it is no harm.
        case .columns, .rows, .summary, .goaway, .ping, .pong, .credit: break
        case .hello, .batch, .ack, .query, .watch, .cancel:
            try ProtocolViolation.require(false, "a frame of type \(type.rawValue) is not for a client that only asks")
        default: return try .unknown(type, flags)
        }
        return .accept
    }

    /// A frame came: its type, flags and request id, and its body inflated.
    public mutating func received(
        _ type: FrameType, flags: FrameFlags = [], id: UInt64 = 0, body: Span<UInt8>
    ) -> [Action] {
        guard state != .closed else { return [] }
        awaitsAnswer = false
        do throws(ProtocolViolation) {
            return try admit(type, flags: flags) == .accept ? answer(type, flags, id, body) : []
        } catch {
            return violated(error)
        }
    }

    /// The collector broke the protocol.
    public mutating func violated(_ violation: ProtocolViolation) -> [Action] {
        guard state != .closed else { return [] }
        return close(SessionEnding(violation))
    }

    private mutating func answer(
        _ type: FrameType, _ flags: FrameFlags, _ id: UInt64, _ body: Span<UInt8>
    ) throws(ProtocolViolation) -> [Action] {
        switch type {
        case .welcome: return try open(Welcome(decoding: body))
        case .refuse: return close(SessionEnding(try Farewell(decoding: body)))
        case .goaway: return goaway(try Farewell(decoding: body))
        case .columns: return try columns(id, Columns(decoding: body))
        case .rows: return try rows(id, body, more: flags.contains(.more))
        case .summary: return try finished(id, Summary(decoding: body))
        case .ping: return [.sendPong]
        default: return []
        }
    }

    private mutating func open(_ welcome: Welcome) throws(ProtocolViolation) -> [Action] {
        try opening.check(welcome)
        features = welcome.features
        state = .open
        return [.opened]
    }

    private mutating func goaway(_ farewell: Farewell) -> [Action] {
        let ending = SessionEnding(farewell)
        if queries.isEmpty { return close(ending) }
        state = .draining(ending)
        defer { waiting = [] }
        return waiting.map { .finished(id: $0.id, Summary(code: farewell.code, message: farewell.message)) }
    }

    private func progress(_ id: UInt64, _ frame: String) throws(ProtocolViolation) -> Progress {
        guard let progress = queries[id] else {
            throw ProtocolViolation(.unexpectedFrame, "\(frame) names query \(id), which is not under way")
        }
        return progress
    }

    private mutating func columns(_ id: UInt64, _ columns: Columns) throws(ProtocolViolation) -> [Action] {
        var progress = try progress(id, "COLUMNS")
        guard progress.columns == nil else {
            throw ProtocolViolation(.unexpectedFrame, "COLUMNS came twice for query \(id)")
        }
        progress.columns = columns.columns.count
        queries[id] = progress
        return progress.isCancelled ? [] : [.columns(id: id, columns)]
    }

    private mutating func rows(_ id: UInt64, _ body: Span<UInt8>, more: Bool) throws(ProtocolViolation) -> [Action] {
        var progress = try progress(id, "ROWS")
        // Taken out while it changes, so that a long chunk grows in place; after a violation nobody asks for it.
        queries[id] = nil
        guard let columns = progress.columns else {
            throw ProtocolViolation(.unexpectedFrame, "ROWS came before COLUMNS for query \(id)")
        }
        progress.received += UInt64(body.count)
        guard progress.received <= progress.granted else {
            throw ProtocolViolation(
                .creditExceeded, "query \(id) was sent \(progress.received) bytes of \(progress.granted) granted")
        }
        let actions: [Action] =
            if progress.isCancelled { [] } else if more { [try progress.keep(body, of: id)] } else {
                [try progress.finishChunk(body, of: id, columns)]
            }
        queries[id] = progress
        return actions
    }

    private mutating func finished(_ id: UInt64, _ summary: Summary) throws(ProtocolViolation) -> [Action] {
        let progress = try progress(id, "SUMMARY")
        // A query that ends early may have no credit left for the rest of a chunk: what came of it is thrown away.
        guard progress.chunk.isEmpty || summary.code != .ok else {
            throw ProtocolViolation(.unexpectedFrame, "SUMMARY of query \(id) came inside a chunk of rows")
        }
        queries[id] = nil
        let finished: [Action] = progress.isCancelled ? [] : [.finished(id: id, summary)]
        guard case .draining(let ending) = state, queries.isEmpty else { return finished + sendWaiting() }
        return finished + close(ending)
    }
}

extension QuerySession.Progress {
    /// A chunk that goes on cannot be read before its end, so that its reader could not give its bytes back: that is
    /// done here, at once.
    fileprivate mutating func keep(_ body: Span<UInt8>, of id: UInt64) throws(ProtocolViolation) -> QuerySession.Action
    {
        guard chunk.count + body.count <= QuerySession.chunkBytes else {
            throw ProtocolViolation(
                .frameTooLarge, "a chunk of query \(id) has more than \(QuerySession.chunkBytes) bytes")
        }
        chunk.append(contentsOf: [UInt8](copying: body))
        granted += UInt64(body.count)
        return .sendCredit(id: id, Credit(granted))
    }

    fileprivate mutating func finishChunk(
        _ body: Span<UInt8>, of id: UInt64, _ columns: Int
    ) throws(ProtocolViolation) -> QuerySession.Action {
        let rows: [[Value]]
        if chunk.isEmpty {
            rows = try Rows(decoding: body).rows
        } else {
            chunk.append(contentsOf: [UInt8](copying: body))
            rows = try Rows(decoding: chunk.span).rows
            chunk = []
        }
        guard rows.allSatisfy({ $0.count == columns }) else {
            throw ProtocolViolation(.malformedBody, "a row of query \(id) does not have \(columns) values")
        }
        return .rows(id: id, rows, bytes: body.count)
    }
}
