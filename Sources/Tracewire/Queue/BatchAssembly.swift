internal import TracewireProtocol

/// A batch made of the entries in a stretch of a segment.
struct BatchAssembly {
    private(set) var bytes: [UInt8] = []
    /// Entries that the batch was made of, each a record of it unless it was left out.
    private(set) var entries = 0
    /// Entries that are larger than the collector takes: without their payload where they have one, else left out.
    private(set) var losses = BatchLosses()
    /// Where the next batch begins.
    private(set) var end: Int
    /// Whether there was more in the stretch, which the limits did not allow.
    private(set) var isFull = false

    var records: Int { entries - losses.leftOut.count }

    /// - Parameters:
    ///   - size: what the batch should have at most; a first record of more goes alone.
    ///   - limits: what the collector takes.
    init(_ memory: SegmentMemory, _ range: Range<Int>, size: (bytes: Int, records: Int), _ limits: BatchLimits) {
        let bytes = memory.bytes
        var walk = EntryWalk(bytes, range)
        end = range.lowerBound
        self.bytes.reserveCapacity(min(range.count, size.bytes, limits.bytes))
        while let entry = walk.next() {
            guard entries < min(size.records, limits.records), add(bytes, entry, size.bytes, limits) else {
                isFull = true
                return
            }
            entries += 1
            end = walk.position
        }
        // Holes behind the last record belong to it.
        end = range.upperBound
    }

    private mutating func add(
        _ memory: UnsafeRawBufferPointer, _ entry: Range<Int>, _ size: Int, _ limits: BatchLimits
    ) -> Bool {
        let recordBytes = EntryWalk.record(memory, in: entry)?.count ?? .max
        if recordBytes <= limits.recordBytes, entry.count <= limits.bytes {
            let room = entries == 0 ? limits.bytes : min(size, limits.bytes)
            guard bytes.count + entry.count <= room else { return false }
            bytes.append(contentsOf: memory[entry])
            return true
        }
        return addBare(memory, entry, recordBytes, limits)
    }

    private mutating func addBare(
        _ memory: UnsafeRawBufferPointer, _ entry: Range<Int>, _ recordBytes: Int, _ limits: BatchLimits
    ) -> Bool {
        let record = ReadBack(memory, entry)
        var writer = WireWriter()
        if let bare = record?.record.withoutPayload { writer.appendBatchEntry(bare) }
        guard let record, writer.count > 0, writer.count <= min(limits.recordBytes, limits.bytes) else {
            losses.leftOut.append(entries)
            losses.lostOf.append(record?.record.event.workflow)
            losses.rejections.append(ReadBack.rejection(record, Self.tooLarge(recordBytes, limits)))
            return true
        }
        guard bytes.count + writer.count <= limits.bytes else { return false }
        bytes.append(contentsOf: writer.bytes)
        losses.bare.append(ShedRecord(record.record.event))
        return true
    }

    private static func tooLarge(_ bytes: Int, _ limits: BatchLimits) -> Verdict {
        Verdict(
            sequence: 0, index: 0, code: .tooLarge,
            message: "the record has \(bytes) bytes; this collector takes \(min(limits.recordBytes, limits.bytes))")
    }
}
