internal import Glibc
internal import UnixSignals

/// SIGINT and SIGTERM as cancellation: what is under way can take away what it has begun.
enum Interruption {
    /// Runs `body` to its end, or until a signal cancels it.
    ///
    /// - Throws: ``CommandFailure`` after a signal, once `body` has ended, or what `body` throws.
    static func cancelling(_ body: @escaping @Sendable () async throws -> Void) async throws {
        guard try await runs(body) else { throw CommandFailure(.failed, "interrupted") }
    }

    /// The same for what goes on until a signal comes: that is no failure.
    static func ending(_ body: @escaping @Sendable () async throws -> Void) async throws {
        _ = try await runs(body)
    }

    /// Returns whether `body` came to its end by itself.
    private static func runs(_ body: @escaping @Sendable () async throws -> Void) async throws -> Bool {
        let before = [SIGINT, SIGTERM].map { ($0, disposition(of: $0)) }
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        return try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await body()
                return true
            }
            group.addTask {
                for await _ in signals { return false }
                return true
            }
            let isWhole = try await group.next() ?? true
            // Leaving waits for the other one.
            group.cancelAll()
            // Nobody waits for signals any more: what comes after this ends by the next one, unless signals were ignored before.
            for (number, action) in before {
                var action = action
                sigaction(number, &action, nil)
            }
            return isWhole
        }
    }

    private static func disposition(of signal: Int32) -> sigaction {
        var action = sigaction()
        sigaction(signal, nil, &action)
        return action
    }
}
