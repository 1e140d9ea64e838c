internal import TracewireProtocol
internal import TracewireZstd

/// Whether each segment inflates to what was laid in it, consists of whole entries, and does not lie over another.
final class SegmentCheck {
    private let connection: Connection
    private let call: ProcedureCall
    private var decompressor: ZstdDecompressor
    private var end: Int64 = 0

    init(_ connection: Connection, _ call: ProcedureCall) throws(QueryFault) {
        self.connection = connection
        self.call = call
        decompressor = try call.decompressor()
    }

    func run() throws(QueryFault) {
        let sql = "SELECT start, raw_bytes, data FROM segments ORDER BY start"
        try call.forEachRow(of: sql, on: connection) { (statement) throws(QueryFault) in
            let start = statement.integer(0)
            let rawBytes = statement.integer(1)
            if start < end { try report(start, "lies over the segment before it") }
            do throws(StoreError) {
                let bytes = try SegmentReader.inflate(
                    statement.bytes(2), start: start, rawBytes: rawBytes, &decompressor)
                // Of one that cannot be read nobody knows how far it goes.
                end = max(end, SegmentReader.end(start: start, rawBytes: rawBytes))
                if Self.entries(bytes) == nil { throw SegmentReader.damaged(start, "its entries are not whole") }
            } catch {
                try report(start, error.message)
            }
        }
    }

    private func report(_ start: Int64, _ what: String) throws(QueryFault) {
        try call.emit([.text("segment"), .text("\(start)"), .text(what)])
    }

    /// The entries of a segment; `nil` if the bytes are not entries to the last.
    static func entries(_ bytes: [UInt8]) -> [SegmentEntry]? {
        bytes.withUnsafeBytes { bytes in
            var entries: [SegmentEntry] = []
            var position = 0
            while position < bytes.count {
                guard let entry = SegmentEntry.read(bytes, at: &position) else { return nil }
                entries.append(entry)
            }
            return entries
        }
    }
}

extension ProcedureCall {
    func decompressor() throws(QueryFault) -> ZstdDecompressor {
        do throws(ZstdError) {
            return try ZstdDecompressor()
        } catch {
            throw QueryFault(.storageUnavailable, "\(error). Give the process more memory.")
        }
    }
}
