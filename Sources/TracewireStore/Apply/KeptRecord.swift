internal import TracewireProtocol

/// A record that was parked or rejected, read back.
struct KeptRecord {
    let id: Int64
    let producer: Identifier
    let sequence: UInt64
    let index: UInt32
    let bytes: [UInt8]

    /// Reads the columns `producer, sequence, record_index, record`.
    init(id: Int64, _ statement: Statement) {
        self.id = id
        producer = statement.identifier(0)
        sequence = UInt64(bitPattern: statement.integer(1))
        index = UInt32(truncatingIfNeeded: statement.integer(2))
        bytes = [UInt8](statement.bytes(3))
    }

    /// The record as if it had just come.
    var received: ReceivedRecord {
        let slice = Slice(start: 0, count: bytes.count)
        let content = Result { () throws(RecordFault) in
            let record = try Record.decode(bytes.span, slice)
            try record.validate(bytes.span)
            return record
        }
        return ReceivedRecord(encoded: slice, content: content)
    }

    /// Calls `body` with the record and its origin, whose bytes stay until `body` returns.
    ///
    /// - Parameter batch: see ``RecordOrigin/batch``.
    func withOrigin<Result>(
        batch: Int?, _ body: (ReceivedRecord, RecordOrigin) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        let received = received
        return try bytes.withUnsafeBufferPointer { (buffer) throws(StoreError) in
            let origin = RecordOrigin(
                producer: producer, sequence: sequence, index: index, bytes: UnsafeRawBufferPointer(buffer),
                encoded: received.encoded,
                batch: batch)
            return try body(received, origin)
        }
    }
}
