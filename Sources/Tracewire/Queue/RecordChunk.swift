internal import TracewireProtocol

/// Encoded records in a row: the making of a batch.
struct RecordChunk: Sendable {
    private var writer: WireWriter
    /// Where each record's entry ends.
    private var ends: [Int] = []
    /// The number of the first record.
    private(set) var firstOrdinal: UInt64

    init(firstOrdinal: UInt64, capacity: Int = 0) {
        self.firstOrdinal = firstOrdinal
        writer = WireWriter(capacity: capacity)
    }

    var bytes: [UInt8] { writer.bytes }
    var records: Int { ends.count }
    var isEmpty: Bool { ends.isEmpty }
    /// Bytes that the chunk takes from the queue's room.
    var size: Int { writer.count + ends.count * MemoryLayout<Int>.size }
    var byteCount: Int { writer.count }

    /// Appends a record; returns by how much ``size`` grew.
    mutating func append(_ record: Record<String>) -> Int {
        let before = size
        writer.appendBatchEntry(record)
        ends.append(writer.count)
        return size - before
    }

    /// The same records, numbered from `ordinal`.
    consuming func numbered(from ordinal: UInt64) -> RecordChunk {
        firstOrdinal = ordinal
        return self
    }

    /// Whether the chunk is a batch that the limits allow.
    func fits(_ limits: BatchLimits) -> Bool {
        guard byteCount <= limits.bytes, records <= limits.records else { return false }
        return byteCount <= limits.recordBytes || entries.allSatisfy { record($0).count <= limits.recordBytes }
    }

    /// What the collector's verdict on the record at `index` is about.
    func rejection(_ verdict: Verdict) -> Rejection {
        guard Int(verdict.index) < ends.count else { return Rejection(kind: nil, identity: "", verdict: verdict) }
        return rejection(entry(Int(verdict.index)), verdict)
    }

    private func rejection(_ entry: Range<Int>, _ verdict: Verdict) -> Rejection {
        let bytes = writer.bytes.span
        guard let record = try? Record.decode(bytes, record(entry)) else {
            return Rejection(kind: nil, identity: "", verdict: verdict)
        }
        var identity = record.event.subject.description
        if case .user(let user) = record.event, let name = user.username {
            identity = String(validating: bytes.extracting(name.range)) ?? identity
        }
        return Rejection(kind: record.event.kind, identity: identity, verdict: verdict)
    }

    private var entries: some Sequence<Range<Int>> { ends.indices.lazy.map { self.entry($0) } }

    private func entry(_ index: Int) -> Range<Int> { (index == 0 ? 0 : ends[index - 1])..<ends[index] }

    /// The record inside its entry: behind the tag, one byte, and the length, a varint.
    private func record(_ entry: Range<Int>) -> Slice {
        var start = entry.lowerBound + 1
        while writer.bytes[start] >= 0x80 { start += 1 }
        return Slice(start: start + 1, count: entry.upperBound - start - 1)
    }

    /// The same records as chunks that the limits allow, and those that are too large for any.
    func split(_ limits: BatchLimits) -> (chunks: [RecordChunk], refused: [Rejection]) {
        var chunks: [RecordChunk] = []
        var refused: [Rejection] = []
        for (index, entry) in entries.enumerated() {
            let record = record(entry)
            guard record.count <= limits.recordBytes, entry.count <= limits.bytes else {
                refused.append(rejection(entry, Self.tooLarge(record.count, limits)))
                continue
            }
            if chunks.last.map({ !$0.hasRoom(for: entry.count, limits) }) ?? true {
                chunks.append(RecordChunk(firstOrdinal: firstOrdinal + UInt64(index)))
            }
            chunks[chunks.count - 1].append(encoded: writer.bytes.span.extracting(entry))
        }
        return (chunks, refused)
    }

    private func hasRoom(for bytes: Int, _ limits: BatchLimits) -> Bool {
        byteCount + bytes <= limits.bytes && records < limits.records
    }

    private mutating func append(encoded entry: Span<UInt8>) {
        writer.appendBatchEntry(encoded: entry)
        ends.append(writer.count)
    }

    private static func tooLarge(_ bytes: Int, _ limits: BatchLimits) -> Verdict {
        Verdict(
            sequence: 0, index: 0, code: .tooLarge,
            message: "the record has \(bytes) bytes; this collector takes \(min(limits.recordBytes, limits.bytes))")
    }
}
