internal import CSQLite

/// What a statement from outside may do: read tables and views, and call functions. Everything else is refused when the
/// statement is prepared, before any of it runs.
final class Authorizer {
    private static let refusedFunctions: Set<String> = ["load_extension", "fts3_tokenizer"]

    private let connection: Connection
    /// What the last statement was refused for, in a word or two.
    private(set) var refusal: String?
    /// Whether the last statement reads a column whose values may lie in segments.
    private(set) var readsPayload = false

    /// Stays in force as long as the connection: nothing that is prepared on it afterwards can write.
    init(_ connection: Connection) {
        self.connection = connection
        sqlite3_set_authorizer(
            connection.handle,
            { context, action, first, second, _, _ in
                guard let context else { return SQLITE_DENY }
                return Unmanaged<Authorizer>.fromOpaque(context).takeUnretainedValue().decide(action, first, second)
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit {
        sqlite3_set_authorizer(connection.handle, nil, nil)
    }

    func clear() {
        refusal = nil
        readsPayload = false
    }

    private func decide(_ action: Int32, _ first: UnsafePointer<CChar>?, _ second: UnsafePointer<CChar>?) -> Int32 {
        switch action {
        case SQLITE_READ:
            if let first, let second, PayloadColumn.named(String(cString: second), in: String(cString: first)) != nil {
                readsPayload = true
            }
            return SQLITE_OK
        case SQLITE_SELECT, SQLITE_RECURSIVE: return SQLITE_OK
        case SQLITE_FUNCTION:
            let function = second.map { String(cString: $0).lowercased() } ?? ""
            guard Self.refusedFunctions.contains(function) else { return SQLITE_OK }
            refusal = function
        default: refusal = Self.name(action)
        }
        return SQLITE_DENY
    }

    private static func name(_ action: Int32) -> String {
        switch action {
        case SQLITE_INSERT: "INSERT"
        case SQLITE_UPDATE: "UPDATE"
        case SQLITE_DELETE: "DELETE"
        case SQLITE_ATTACH: "ATTACH"
        case SQLITE_DETACH: "DETACH"
        case SQLITE_PRAGMA: "PRAGMA"
        case SQLITE_TRANSACTION, SQLITE_SAVEPOINT: "a transaction"
        case SQLITE_ANALYZE: "ANALYZE"
        case SQLITE_REINDEX: "REINDEX"
        default: "a change of the schema"
        }
    }
}
