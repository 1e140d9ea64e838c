internal import TracewireZstd

/// A segment as it lies in the database.
struct StoredSegment: Sendable {
    let start: Int64
    let rawBytes: Int64
    let data: [UInt8]
}

/// What became of a segment.
enum SearchedSegment: Sendable {
    /// With the segment's bytes, inflated, if there are matches.
    case searched(start: Int64, bytes: [UInt8], matches: [SearchedText.EntryMatch])
    case failed(start: Int64, StoreError)
}

/// Inflates and searches segments, on one thread.
final class SegmentSearcher {
    private let text: SearchedText
    private let decompressor: Result<Decompressor, StoreError>

    /// Keeps what cannot be copied where it can be shared.
    private final class Decompressor {
        var value: ZstdDecompressor

        init() throws(StoreError) {
            do throws(ZstdError) {
                value = try ZstdDecompressor()
            } catch {
                throw StoreError(.outOfMemory, "\(error). Give the process more memory.")
            }
        }
    }

    init(_ text: SearchedText) {
        self.text = text
        decompressor = Result { () throws(StoreError) in try Decompressor() }
    }

    func search(_ segment: StoredSegment) -> SearchedSegment {
        do throws(StoreError) {
            let decompressor = try decompressor.get()
            let bytes = try segment.data.withUnsafeBufferPointer { (data) throws(StoreError) in
                try SegmentReader.inflate(
                    UnsafeRawBufferPointer(data), start: segment.start, rawBytes: segment.rawBytes,
                    &decompressor.value)
            }
            let matches = bytes.withUnsafeBytes { text.matches(in: $0) }
            guard let matches else {
                throw SegmentReader.damaged(segment.start, "its entries are not whole")
            }
            return .searched(start: segment.start, bytes: matches.isEmpty ? [] : bytes, matches: matches)
        } catch {
            return .failed(start: segment.start, error)
        }
    }
}
