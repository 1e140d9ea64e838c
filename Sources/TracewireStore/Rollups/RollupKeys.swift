internal import TracewireProtocol

/// The numbers under which rollups keep nodes and models: of each name and type, or model and provider.
final class RollupKeys {
    /// Most names that are remembered.
    private static let limit = 4096

    private let connection: Connection
    private let schema: String
    private let selection: Statement
    private let insertion: Statement
    private var known: [[UInt8]: Int64] = [:]
    private var nextID: Int64?

    /// - Parameter schema: `main`, or `temp` for rollups that are made for a comparison.
    init(_ connection: Connection, schema: String) throws(StoreError) {
        self.connection = connection
        self.schema = schema
        selection = try Statement(
            connection, "SELECT id FROM \(schema).rollup_keys WHERE subject = ?1 AND name = ?2 AND detail = ?3")
        insertion = try Statement(
            connection, "INSERT INTO \(schema).rollup_keys (subject, name, detail, id) VALUES (?1, ?2, ?3, ?4)")
    }

    /// The number of a name and its detail, given out at its first use.
    func key(_ subject: RollupSubject, _ name: PinnedText, _ detail: PinnedText?) throws(StoreError) -> Int64 {
        let text = Self.text(subject, name, detail)
        if let id = known[text] { return id }
        let id: Int64
        if let found = try find(subject, name, detail) {
            id = found
        } else {
            id = try insert(subject, name, detail)
        }
        if known.count >= Self.limit { known.removeAll(keepingCapacity: true) }
        known[text] = id
        return id
    }

    /// Forgets everything that is not in the database for certain, after a rollback.
    func forget() {
        known.removeAll()
        nextID = nil
    }

    /// The names as bytes, because equal strings need not be equal bytes. 0xff is in no UTF-8.
    private static func text(_ subject: RollupSubject, _ name: PinnedText, _ detail: PinnedText?) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(2 + name.count + (detail?.count ?? 0))
        bytes.append(UInt8(subject.rawValue))
        bytes.append(contentsOf: name)
        guard let detail else { return bytes }
        bytes.append(0xff)
        bytes.append(contentsOf: detail)
        return bytes
    }

    private func find(
        _ subject: RollupSubject, _ name: PinnedText, _ detail: PinnedText?
    ) throws(StoreError) -> Int64? {
        defer { selection.reset() }
        bind(selection, subject, name, detail)
        return try selection.step() ? selection.integer(0) : nil
    }

    private func insert(
        _ subject: RollupSubject, _ name: PinnedText, _ detail: PinnedText?
    ) throws(StoreError) -> Int64 {
        let id = try takeID()
        bind(insertion, subject, name, detail)
        insertion.bind(4, id)
        try insertion.run()
        return id
    }

    private func takeID() throws(StoreError) -> Int64 {
        if nextID == nil {
            nextID = try connection.integer("SELECT coalesce(max(id), 0) + 1 FROM \(schema).rollup_keys")
        }
        let id = nextID ?? 1
        nextID = id + 1
        return id
    }

    /// A key has no NULL: an absent detail is the empty blob, which is no text.
    private func bind(_ statement: Statement, _ subject: RollupSubject, _ name: PinnedText, _ detail: PinnedText?) {
        statement.bind(1, subject.rawValue)
        bind(statement, 2, name)
        if let detail { bind(statement, 3, detail) } else { statement.bind(3, copying: .blob([])) }
    }

    /// An empty text may have no address, which would be bound as NULL.
    private func bind(_ statement: Statement, _ index: Int32, _ text: PinnedText) {
        if text.isEmpty { statement.bind(index, copying: "") } else { statement.bind(index, text: text) }
    }
}
