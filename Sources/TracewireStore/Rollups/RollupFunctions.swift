internal import CSQLite

/// The functions by which statements read rollups.
enum RollupFunctions {
    /// Adds the aggregate `rollup_merge(cells)`: several rollups as one; and `rollup_figure(cells, kinds, figure)`: a
    /// number by the name of a ``RollupFigure``, of the kinds whose bits are set. What is no rollup counts nothing.
    static func add(to connection: Connection) throws(StoreError) {
        let flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS
        let merge = sqlite3_create_function_v2(
            connection.handle, "rollup_merge", 1, flags, nil, nil,
            { context, _, arguments in
                guard let argument = arguments?[0] else { return }
                RollupFunctions.merge(context, argument)
            }, { RollupFunctions.finish($0) }, nil)
        guard merge == SQLITE_OK else { throw connection.failure(merge) }
        let figures = Unmanaged.passRetained(RollupFigures()).toOpaque()
        let figure = sqlite3_create_function_v2(
            connection.handle, "rollup_figure", 3, flags, figures,
            { context, _, arguments in
                guard let context, let arguments else { return }
                RollupFunctions.figure(context, arguments)
            }, nil, nil, { $0.map { Unmanaged<RollupFigures>.fromOpaque($0).release() } })
        guard figure == SQLITE_OK else { throw connection.failure(figure) }
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

    private static func figure(_ context: OpaquePointer, _ arguments: UnsafeMutablePointer<OpaquePointer?>) {
        guard let figures = sqlite3_user_data(context), let first = arguments[0], let bytes = bytes(first),
            let figure = name(context, arguments),
            let value = Unmanaged<RollupFigures>.fromOpaque(figures).takeUnretainedValue()
                .value(figure, sqlite3_value_int64(arguments[1]), of: bytes)
        else { return sqlite3_result_null(context) }
        switch value {
        case .integer(let value): sqlite3_result_int64(context, value)
        case .real(let value): sqlite3_result_double(context, value)
        }
    }

    /// The name, which is a constant in most statements: SQLite keeps its number from one row to the next.
    private static func name(
        _ context: OpaquePointer, _ arguments: UnsafeMutablePointer<OpaquePointer?>
    ) -> RollupFigure? {
        if let known = sqlite3_get_auxdata(context, 2) { return RollupFigure.allCases[Int(bitPattern: known) - 1] }
        guard let text = sqlite3_value_text(arguments[2]),
            let figure = RollupFigure(rawValue: String(cString: text)),
            let index = RollupFigure.allCases.firstIndex(of: figure)
        else { return nil }
        sqlite3_set_auxdata(context, 2, UnsafeMutableRawPointer(bitPattern: index + 1), nil)
        return figure
    }

    private static func bytes(_ argument: OpaquePointer) -> UnsafeRawBufferPointer? {
        guard sqlite3_value_type(argument) == SQLITE_BLOB else { return nil }
        let address = sqlite3_value_blob(argument)
        return UnsafeRawBufferPointer(start: address, count: Int(sqlite3_value_bytes(argument)))
    }
}
