internal import NIOConcurrencyHelpers
internal import TracewireProtocol

/// The connections that are open, at most a fixed number.
final class ConnectionRegistry: Sendable {
    private struct Member {
        let connection: ConnectionReference
        /// Whose newest connection it has been.
        var producer: Producer?
        /// The token that it showed.
        var token: String?
    }

    /// Producers of two projects are two, even if their identities are one.
    private struct Producer: Hashable {
        let project: ProjectName
        let id: Identifier
    }

    private struct State {
        var connections: [Int: Member] = [:]
        /// The newest connection of each.
        var producers: [Producer: Int] = [:]
        /// How many connections each token has.
        var tokens: [String: Int] = [:]
        var whenEmpty: (@Sendable () -> Void)?
        /// Tells the listener whether to accept connections.
        var accept: (@Sendable (Bool) -> Void)?
        var isAccepting = true

        mutating func release(_ token: String) {
            let left = tokens[token, default: 0] - 1
            tokens[token] = left > 0 ? left : nil
        }

        /// Whom to tell where this is a change.
        mutating func set(isAccepting: Bool) -> (@Sendable (Bool) -> Void)? {
            guard isAccepting != self.isAccepting else { return nil }
            self.isAccepting = isAccepting
            return accept
        }
    }

    private let limit: Int
    private let limitPerToken: Int
    private let refusedAtATime: Int
    private let state = NIOLockedValueBox(State())

    /// - Parameter refusedAtATime: connections beyond `limit` that are there to be told so. Further ones wait in the
    ///   system's own queue.
    init(limit: Int, limitPerToken: Int, refusedAtATime: Int) {
        self.limit = limit
        self.limitPerToken = limitPerToken
        self.refusedAtATime = refusedAtATime
    }

    /// From now on `accept` is told when there are so many connections that no more should be accepted, and when they may
    /// be again.
    func onCrowding(_ accept: @escaping @Sendable (Bool) -> Void) {
        state.withLockedValue { $0.accept = accept }
    }

    /// Remembers a connection. Returns why it must be ended at once, if it must.
    func add(_ connection: ConnectionReference) -> Farewell? {
        state.withLockedValue { state in
            state.connections[connection.number] = Member(connection: connection)
            // Under the lock, so that the listener is told in the order of the changes; it only takes a note.
            if state.connections.count >= limit + refusedAtATime { state.set(isAccepting: false)?(false) }
            return refusal(state)
        }
    }

    private func refusal(_ state: State) -> Farewell? {
        if state.whenEmpty != nil { return .shuttingDown }
        guard state.connections.count > limit else { return nil }
        return Farewell(code: .tooManyConnections, message: "\(limit) connections are open", retryAfterMs: 1000)
    }

    func remove(_ number: Int) {
        let whenEmpty = state.withLockedValue { state -> (@Sendable () -> Void)? in
            let member = state.connections.removeValue(forKey: number)
            if let token = member?.token { state.release(token) }
            if let producer = member?.producer, state.producers[producer] == number { state.producers[producer] = nil }
            if state.connections.count <= limit { state.set(isAccepting: true)?(true) }
            return state.connections.isEmpty ? state.whenEmpty : nil
        }
        whenEmpty?()
    }

    /// Counts the connection among those of `token`, until it is removed. Returns why it must be ended, if it must.
    func hold(token: String?, by number: Int) -> Farewell? {
        guard let token else { return nil }
        return state.withLockedValue { state in
            guard state.connections[number] != nil else { return nil }
            guard state.tokens[token, default: 0] < limitPerToken else {
                return Farewell(
                    code: .tooManyConnections, message: "\(limitPerToken) connections with this token are open",
                    retryAfterMs: 1000)
            }
            state.tokens[token, default: 0] += 1
            state.connections[number]?.token = token
            return nil
        }
    }

    /// A producer has opened a newer connection: an older one of it is a leftover, and ends.
    func fence(producer id: Identifier, in project: ProjectName, newest number: Int) {
        let producer = Producer(project: project, id: id)
        let older = state.withLockedValue { state -> ConnectionReference? in
            guard state.connections[number] != nil else { return nil }
            state.connections[number]?.producer = producer
            let older = state.producers.updateValue(number, forKey: producer)
            return older.flatMap { $0 == number ? nil : state.connections[$0]?.connection }
        }
        older?.execute {
            $0.end(with: Farewell(code: .staleEpoch, message: "this producer has opened a newer connection"))
        }
    }

    /// Asks every connection to settle and close, and calls `whenEmpty` when the last is gone, perhaps at once.
    func drain(whenEmpty: @escaping @Sendable () -> Void) {
        let connections = state.withLockedValue { state in
            state.whenEmpty = whenEmpty
            return state.connections.values.map(\.connection)
        }
        for connection in connections { connection.execute { $0.drain() } }
        if connections.isEmpty { whenEmpty() }
    }

    /// Closes every connection, whatever it is at.
    func cut() {
        let connections = state.withLockedValue { $0.connections.values.map(\.connection) }
        for connection in connections { connection.execute { $0.cut() } }
    }
}
