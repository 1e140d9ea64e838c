internal import Synchronization
internal import TracewireProtocol

/// The answer to one query between the connection, which puts in, and the reader, who takes out.
///
/// What waits here is bounded by the credit that the session grants: it goes back only as the reader takes chunks out.
final class QueryStream: Sendable {
    /// Rows that came together, and the bytes to give back once they are taken.
    struct Chunk: Sendable {
        let rows: [[Value]]
        let bytes: Int
    }

    private enum End {
        case finished(Summary)
        case failed(TracewireError)
        case cancelled
    }

    private struct State {
        var columns: [Column]?
        var chunks: [Chunk] = []
        var end: End?
        /// Counts the changes, so that a reader does not wait for one that has happened.
        var version = 0
        var readers: [CheckedContinuation<Void, Never>] = []

        mutating func takeReaders() -> [CheckedContinuation<Void, Never>] {
            defer { readers = [] }
            return readers
        }
    }

    private let state = Mutex(State())

    // MARK: The connection's side

    func receive(_ columns: Columns) {
        change { $0.columns = columns.columns }
    }

    func receive(_ chunk: Chunk) {
        change { state in
            if state.end == nil { state.chunks.append(chunk) }
        }
    }

    func finish(_ summary: Summary) {
        change { state in
            if state.end == nil { state.end = .finished(summary) }
        }
    }

    func fail(_ error: TracewireError) {
        change { state in
            if state.end == nil { state.end = .failed(error) }
        }
    }

    /// Nobody wants the rest.
    func cancel() {
        change { state in
            state.chunks = []
            if state.end == nil { state.end = .cancelled }
        }
    }

    private func change(_ body: (inout State) -> Void) {
        let readers = state.withLock { state in
            body(&state)
            state.version += 1
            return state.takeReaders()
        }
        for reader in readers { reader.resume() }
    }

    // MARK: The reader's side

    /// The columns, once they are known; none if the query ended well without any.
    ///
    /// - Throws: `TracewireError` if it ended otherwise, `CancellationError` if it was cancelled.
    func columns() async throws -> [Column] {
        try await value { state in
            if let columns = state.columns { return columns }
            return try state.end.map { end in
                _ = try Self.summary(end)
                return []
            }
        }
    }

    /// The next chunk; `nil` at the end.
    func nextChunk() async throws -> Chunk? {
        try await value { state -> Chunk?? in
            if !state.chunks.isEmpty { return state.chunks.removeFirst() }
            return try state.end.map { end in
                _ = try Self.summary(end)
                return nil
            }
        }
    }

    /// How the query ended, however it did.
    func summary() async throws -> Summary {
        try await value { state in
            guard state.chunks.isEmpty else { return nil }
            return try state.end.map { end in
                switch end {
                case .finished(let summary): summary
                case .failed, .cancelled: try Self.summary(end)
                }
            }
        }
    }

    /// The summary of a query that ended well.
    private static func summary(_ end: End) throws -> Summary {
        switch end {
        case .finished(let summary):
            guard summary.code == .ok else { throw TracewireError(summary) }
            return summary
        case .failed(let error): throw error
        case .cancelled: throw CancellationError()
        }
    }

    /// What `ready` finds, as soon as it finds something.
    private func value<Found: Sendable>(_ ready: @Sendable (inout State) throws -> Found?) async throws -> Found {
        while true {
            let (found, version) = try state.withLock { (try ready(&$0), $0.version) }
            if let found { return found }
            await changed(since: version)
        }
    }

    private func changed(since version: Int) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isWaiting = state.withLock { state in
                    guard state.version == version else { return false }
                    state.readers.append(continuation)
                    return true
                }
                if !isWaiting { continuation.resume() }
            }
        } onCancel: {
            cancel()
        }
    }
}
