internal import UnixSignals

/// SIGINT and SIGTERM as cancellation: what is under way can take away what it has begun.
enum Interruption {
    /// Runs `body` to its end, or until a signal cancels it.
    ///
    /// - Throws: ``CommandFailure`` after a signal, once `body` has ended, or what `body` throws.
    static func cancelling(_ body: @escaping @Sendable () async throws -> Void) async throws {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await body() }
            group.addTask {
                for await _ in signals { throw CommandFailure(.failed, "interrupted") }
            }
            // Leaving with an error cancels the other one and waits for it.
            try await group.next()
            group.cancelAll()
        }
    }
}
