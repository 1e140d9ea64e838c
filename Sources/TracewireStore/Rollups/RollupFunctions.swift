internal import CSQLite

/// The functions by which statements read rollups.
enum RollupFunctions {
    /// Adds the aggregate `rollup_merge(cells)`: several rollups as one; and `rollup_count(cells, kinds)`: how many rows
    /// it counts of the kinds whose bits are set. What is no rollup counts nothing.
    static func add(to connection: Connection) throws(StoreError) {
        let flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS
        let merge = sqlite3_create_function_v2(
            connection.handle, "rollup_merge", 1, flags, nil, nil,
            { context, _, arguments in
                guard let argument = arguments?[0] else { return }
                RollupFunctions.merge(context, argument)
            }, { RollupFunctions.finish($0) }, nil)
        guard merge == SQLITE_OK else { throw connection.failure(merge) }
        let count = sqlite3_create_function_v2(
            connection.handle, "rollup_count", 2, flags, nil,
            { context, _, arguments in
                guard let context, let arguments else { return }
                RollupFunctions.count(context, arguments)
            }, nil, nil, nil)
        guard count == SQLITE_OK else { throw connection.failure(count) }
    }

    /// Where SQLite keeps the address of a group's ``RollupMerge``.
    private static func place(_ context: OpaquePointer?, _ bytes: Int32) -> UnsafeMutablePointer<UnsafeRawPointer?>? {
        sqlite3_aggregate_context(context, bytes)?.assumingMemoryBound(to: UnsafeRawPointer?.self)
    }

    private static func merge(_ context: OpaquePointer?, _ argument: OpaquePointer) {
        guard let place = place(context, Int32(MemoryLayout<UnsafeRawPointer?>.size)) else {
            return sqlite3_result_error_nomem(context)
        }
        if place.pointee == nil {
            place.pointee = UnsafeRawPointer(Unmanaged.passRetained(RollupMerge()).toOpaque())
        }
        guard let address = place.pointee, let bytes = bytes(argument) else { return }
        Unmanaged<RollupMerge>.fromOpaque(address).takeUnretainedValue().add(bytes)
    }

    /// Also called when a statement ends early: nothing is left behind.
    private static func finish(_ context: OpaquePointer?) {
        var encoded: [UInt8] = []
        if let place = place(context, 0), let address = place.pointee {
            encoded = Unmanaged<RollupMerge>.fromOpaque(address).takeRetainedValue().encoded
            place.pointee = nil
        }
        encoded.withUnsafeBytes { tracewire_sqlite3_result_blob_copy(context, $0.baseAddress, Int32($0.count)) }
    }

    private static func count(_ context: OpaquePointer, _ arguments: UnsafeMutablePointer<OpaquePointer?>) {
        guard let first = arguments[0], let bytes = bytes(first),
            let count = RollupCells.count(sqlite3_value_int64(arguments[1]), in: bytes)
        else { return sqlite3_result_null(context) }
        sqlite3_result_int64(context, count)
    }

    private static func bytes(_ argument: OpaquePointer) -> UnsafeRawBufferPointer? {
        guard sqlite3_value_type(argument) == SQLITE_BLOB else { return nil }
        let address = sqlite3_value_blob(argument)
        return UnsafeRawBufferPointer(start: address, count: Int(sqlite3_value_bytes(argument)))
    }
}
