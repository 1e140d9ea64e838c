public import TracewireProtocol

/// What a collector answers to a query.
public struct QueryAnswer: Sendable {
    /// What each value of a row means.
    public let columns: [Column]
    private let stream: QueryStream
    private let ticket: QueryTicket

    init(columns: [Column], stream: QueryStream, ticket: QueryTicket) {
        self.columns = columns
        self.stream = stream
        self.ticket = ticket
    }

    /// The rows, once: to be read by one reader. The collector sends no more than is read, but for about 1 MiB.
    public var rows: QueryRows { QueryRows(stream: stream, ticket: ticket) }

    /// How the query ended: rows, bytes, time. Rows that were not read are passed over.
    ///
    /// It has a code other than `ok` if the query ended early; reading the rows to their end throws that as an error.
    ///
    /// - Throws: `TracewireError` if the connection was lost, `CancellationError`.
    public func summary() async throws -> Summary {
        do {
            while let chunk = try await stream.nextChunk() { ticket.consumed(bytes: chunk.bytes) }
        } catch let error as TracewireError where error.reason == .queryFailed {
            // It ended early: the summary says how.
        }
        return try await stream.summary()
    }
}

/// The rows of an answer, as they come.
public struct QueryRows: AsyncSequence, Sendable {
    public typealias Element = [Value]

    let stream: QueryStream
    let ticket: QueryTicket

    public func makeAsyncIterator() -> Iterator {
        Iterator(stream: stream, ticket: ticket)
    }

    public struct Iterator: AsyncIteratorProtocol {
        private let stream: QueryStream
        private let ticket: QueryTicket
        private var rows: [[Value]] = []
        private var position = 0

        init(stream: QueryStream, ticket: QueryTicket) {
            self.stream = stream
            self.ticket = ticket
        }

        /// The next row; `nil` behind the last.
        ///
        /// - Throws: `TracewireError` if the query ended early (`row_limit`, `deadline_exceeded`, …) or the connection
        ///   was lost, behind the rows that came; `CancellationError`.
        public mutating func next() async throws -> [Value]? {
            while position == rows.count {
                guard let chunk = try await stream.nextChunk() else { return nil }
                rows = chunk.rows
                position = 0
                ticket.consumed(bytes: chunk.bytes)
            }
            defer { position += 1 }
            return rows[position]
        }
    }
}
