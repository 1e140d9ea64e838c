internal import CSQLite
internal import TracewireProtocol
internal import TracewireZstd

/// Reads values out of segments, on one connection, and keeps the segments that it read last.
///
/// What lies at a place never changes as long as a row refers to it, so what is kept stays right whatever the writer does.
final class SegmentReader {
    /// Bytes of segments that are kept: a run's values lie in few, and neighbours are read one after the other.
    private static let cacheBytes = 8 << 20

    /// Whether ``ValueFunction`` gives NULL for a value that is damaged, instead of an error.
    var passesOverDamage: Bool
    private let selection: Statement
    private var decompressor: ZstdDecompressor
    /// The one that was used last stands last.
    private var cache: [Segment] = []
    private var cachedBytes = 0

    /// A segment's inflated bytes, and the place of the first.
    struct Segment {
        let start: Int64
        let bytes: [UInt8]

        func contains(_ reference: ValueReference) -> Bool {
            reference.position >= start && reference.position - start <= Int64(bytes.count - reference.length)
        }
    }

    init(_ connection: Connection, passesOverDamage: Bool = false) throws(StoreError) {
        self.passesOverDamage = passesOverDamage
        selection = try Statement(
            connection,
            "SELECT start, raw_bytes, data FROM main.segments WHERE start <= ? ORDER BY start DESC LIMIT 1")
        do throws(ZstdError) {
            decompressor = try ZstdDecompressor()
        } catch {
            throw StoreError(.outOfMemory, "\(error). Give the process more memory.")
        }
    }

    /// Calls `body` with the value's bytes.
    ///
    /// - Throws: `corrupt` if the reference leads nowhere or the segment is damaged.
    func withValue<Result>(
        _ reference: ValueReference, _ body: (UnsafeRawBufferPointer) -> Result
    ) throws(StoreError) -> Result {
        let segment = try segment(holding: reference)
        return segment.bytes.withUnsafeBytes { bytes in
            let offset = Int(reference.position - segment.start)
            return body(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + reference.length]))
        }
    }

    /// Gives back the memory of what is kept.
    func forget() {
        cache.removeAll()
        cachedBytes = 0
    }

    private func segment(holding reference: ValueReference) throws(StoreError) -> Segment {
        if let index = cache.lastIndex(where: { $0.contains(reference) }) {
            if index < cache.count - 1 { cache.append(cache.remove(at: index)) }
            return cache[cache.count - 1]
        }
        let segment = try read(holding: reference)
        keep(segment)
        return segment
    }

    private func keep(_ segment: Segment) {
        cache.append(segment)
        cachedBytes += segment.bytes.count
        while cachedBytes > Self.cacheBytes && cache.count > 1 { cachedBytes -= cache.removeFirst().bytes.count }
    }

    private func read(holding reference: ValueReference) throws(StoreError) -> Segment {
        defer { selection.reset() }
        selection.bind(1, reference.position)
        guard try selection.step() else { throw Self.leadsNowhere(reference) }
        let start = selection.integer(0)
        let bytes = try Self.inflate(
            selection.bytes(2), start: start, rawBytes: selection.integer(1), &decompressor)
        let segment = Segment(start: start, bytes: bytes)
        guard segment.contains(reference) else { throw Self.leadsNowhere(reference) }
        return segment
    }

    /// The bytes of a segment, whose checksum is right.
    static func inflate(
        _ data: UnsafeRawBufferPointer, start: Int64, rawBytes: Int64, _ decompressor: inout ZstdDecompressor
    ) throws(StoreError) -> [UInt8] {
        guard (0...largestSegment).contains(rawBytes) else {
            throw damaged(start, "it says that it has \(rawBytes) bytes")
        }
        do throws(ZstdError) {
            let body = data.bindMemory(to: UInt8.self).span
            return try decompressor.inflateFrame(body, rawLength: Int(rawBytes))
        } catch {
            throw damaged(start, error.message)
        }
    }

    /// One value of the largest size beside others.
    static let largestSegment = Int64(Limits.valueBytes + 2 * SegmentWriter.segmentBytes)

    /// Where a segment ends. One whose length cannot be right is taken for the largest that there may be.
    static func end(start: Int64, rawBytes: Int64) -> Int64 {
        start.addingClamped((1...largestSegment).contains(rawBytes) ? rawBytes : largestSegment)
    }

    static func damaged(_ start: Int64, _ what: String) -> StoreError {
        StoreError(
            .corrupt,
            "The segment at \(start) is damaged: \(what). Everything else can be read; `tracewire check` names the rows."
        )
    }

    private static func leadsNowhere(_ reference: ValueReference) -> StoreError {
        StoreError(
            .corrupt,
            "No segment holds the \(reference.length) bytes at \(reference.position). `tracewire check` names the rows."
        )
    }
}
