internal import TracewireProtocol

/// The statements on `users`.
final class UserRows {
    private let connection: Connection
    private let insertion: Statement
    private let selection: Statement
    private let addition: Statement
    private let emailSelection: Statement

    init(_ connection: Connection) throws(StoreError) {
        self.connection = connection
        insertion = try Statement(
            connection,
            """
            INSERT INTO users (uuid, username, email, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?4)
            ON CONFLICT DO NOTHING
            """)
        selection = try Statement(connection, "SELECT id, email IS NULL, email IS ?2 FROM users WHERE username = ?1")
        addition = try Statement(
            connection,
            "UPDATE OR IGNORE users SET email = ?2, updated_at = max(updated_at, ?3) WHERE id = ?1 AND email IS NULL")
        emailSelection = try Statement(connection, "SELECT 1 FROM users WHERE email = ?1")
    }

    struct Found {
        let id: Int64
        let hasEmail: Bool
        /// Whether the email that was asked about is this user's.
        let isSameEmail: Bool
    }

    func find(username: PinnedText?, email: PinnedText?) throws(StoreError) -> Found? {
        defer { selection.reset() }
        selection.bind(1, text: username)
        selection.bind(2, text: email)
        guard try selection.step() else { return nil }
        return Found(
            id: selection.integer(0), hasEmail: selection.integer(1) == 0, isSameEmail: selection.integer(2) != 0)
    }

    /// Whether some user has this email.
    func isTaken(email: PinnedText?) throws(StoreError) -> Bool {
        defer { emailSelection.reset() }
        emailSelection.bind(1, text: email)
        return try emailSelection.step()
    }

    /// Returns the row's key; `nil` if the identifier or the email is another user's.
    func insert(
        _ identifier: Identifier, username: PinnedText?, email: PinnedText?, at: Int64
    ) throws(StoreError) -> Int64? {
        insertion.bind(1, identifier)
        insertion.bind(2, text: username)
        insertion.bind(3, text: email)
        insertion.bind(4, at)
        try insertion.run()
        return connection.changes == 1 ? connection.lastRowID : nil
    }

    /// `false` if the email is another user's.
    func addEmail(_ email: PinnedText, to id: Int64, at: Int64) throws(StoreError) -> Bool {
        addition.bind(1, id)
        addition.bind(2, text: email)
        addition.bind(3, at)
        try addition.run()
        return connection.changes == 1
    }
}
