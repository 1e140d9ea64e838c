internal import CSQLite

/// The SQL function `tracewire_value(x)`: the value that a payload column stands for, as the text that was sent.
///
/// A reference is a BLOB and leads to a segment; everything else is the value itself.
enum ValueFunction {
    static let name = "tracewire_value"

    /// - Parameter reader: has to stay as long as the connection.
    static func add(to connection: Connection, _ reader: SegmentReader) throws(StoreError) {
        let flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS
        let result = sqlite3_create_function_v2(
            connection.handle, name, 1, flags, Unmanaged.passUnretained(reader).toOpaque(),
            { context, count, arguments in
                guard let call = FunctionCall(context, count, arguments), let reader = sqlite3_user_data(context) else {
                    return
                }
                ValueFunction.answer(call, Unmanaged<SegmentReader>.fromOpaque(reader).takeUnretainedValue())
            }, nil, nil, nil)
        guard result == SQLITE_OK else { throw connection.failure(result) }
    }

    private static func answer(_ call: FunctionCall, _ reader: SegmentReader) {
        guard call.isBlob(0) else { return call.resultIsArgument(0) }
        guard let reference = ValueReference(call.blob(0)) else {
            if reader.passesOverDamage { return }
            return call.fail(
                "The reference to a value is damaged. Everything else can be read; `tracewire check` names the row.",
                StoreError.damagedValue)
        }
        do throws(StoreError) {
            try reader.withValue(reference) { call.result(copying: $0) }
        } catch {
            // A function that says nothing gives NULL.
            if reader.passesOverDamage && error.code == .corrupt { return }
            call.fail(error.message, StoreError.damagedValue)
        }
    }
}
