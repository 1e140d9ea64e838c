internal import CSQLite
internal import TracewireProtocol

/// `feed_events(position, events)`: a row of `feed` as JSON, `[[position, subject, status, row], …]`, and
/// `feed_count(events)`: how many these are; NULL for anything else.
enum FeedFunction {
    static func add(to connection: Connection) throws(StoreError) {
        let flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS
        let events = sqlite3_create_function_v2(
            connection.handle, "feed_events", 2, flags, nil,
            { context, _, arguments in
                guard let context, let position = arguments?[0], let events = arguments?[1] else { return }
                FeedFunction.describe(context, position, events)
            }, nil, nil, nil)
        guard events == SQLITE_OK else { throw connection.failure(events) }
        let count = sqlite3_create_function_v2(
            connection.handle, "feed_count", 1, flags, nil,
            { context, _, arguments in
                guard let context, let events = arguments?[0] else { return }
                guard let count = FeedFunction.events(events)?.count else { return sqlite3_result_null(context) }
                sqlite3_result_int64(context, Int64(count))
            }, nil, nil, nil)
        guard count == SQLITE_OK else { throw connection.failure(count) }
    }

    private static func events(_ blob: OpaquePointer) -> [FeedEvent]? {
        guard sqlite3_value_type(blob) == SQLITE_BLOB, let address = sqlite3_value_blob(blob) else { return nil }
        return FeedEvent.decode(UnsafeRawBufferPointer(start: address, count: Int(sqlite3_value_bytes(blob))))
    }

    private static func describe(_ context: OpaquePointer, _ position: OpaquePointer, _ blob: OpaquePointer) {
        guard let events = events(blob) else { return sqlite3_result_null(context) }
        var text = Array(json(events, last: sqlite3_value_int64(position)).utf8)
        text.withUnsafeMutableBufferPointer { text in
            tracewire_sqlite3_result_text_copy(context, text.baseAddress, Int32(text.count))
        }
    }

    private static func json(_ events: [FeedEvent], last: Int64) -> String {
        var position = last &- Int64(events.count)
        var text = "["
        for event in events {
            position &+= 1
            if text.utf8.count > 1 { text += "," }
            let status = event.kind.status.map { "\"\($0.name)\"" } ?? "null"
            text += "[\(position),\"\(event.kind.subject)\",\(status),\(event.row)]"
        }
        return text + "]"
    }
}
