/// A batch as the collector received it whole: its bytes, and its records as slices of them.
public struct IncomingBatch: Sendable {
    public let producer: Identifier
    public let epoch: UInt64
    public let sequence: UInt64
    /// `Batch` of `protocol/tracewire.proto`, all its frames together.
    public let bytes: [UInt8]
    /// In the order in which they are applied.
    public let records: [ReceivedRecord]

    /// Reads the records out of `bytes` and checks of each what needs no database.
    ///
    /// - Throws: `malformed_body` if the list of records itself cannot be read, `batch_too_large` if it is too long.
    public init(producer: Identifier, epoch: UInt64, sequence: UInt64, bytes: [UInt8]) throws(ProtocolViolation) {
        self.producer = producer
        self.epoch = epoch
        self.sequence = sequence
        self.bytes = bytes
        records = try Self.records(in: bytes.span)
    }

    /// The records of a batch's bytes.
    public static func records(in bytes: Span<UInt8>) throws(ProtocolViolation) -> [ReceivedRecord] {
        var records: [ReceivedRecord] = []
        var reader = WireReader(bytes)
        do throws(WireReader.Failure) {
            while records.count <= Limits.batchRecords, let tag = try reader.nextTag() {
                guard tag.field == 1 else {
                    try reader.skip(tag.type)
                    continue
                }
                let slice = try reader.slice(tag)
                records.append(ReceivedRecord(encoded: slice, content: content(bytes, slice)))
            }
        } catch {
            throw ProtocolViolation(.malformedBody, "the batch is not a list of records: \(error)")
        }
        guard records.count <= Limits.batchRecords else {
            throw ProtocolViolation(.batchTooLarge, "a batch has more than \(Limits.batchRecords) records")
        }
        return records
    }

    private static func content(_ bytes: Span<UInt8>, _ slice: Slice) -> Result<Record<Slice>, RecordFault> {
        Result { () throws(RecordFault) in
            guard slice.count <= Limits.recordBytes else {
                throw RecordFault(.tooLarge, "the record has \(slice.count) bytes, more than \(Limits.recordBytes)")
            }
            let record = try Record.decode(bytes, slice)
            try record.validate(bytes)
            return record
        }
    }
}
