internal import TracewireProtocol

/// How many tokens of a prompt came from the provider's cache, as a generation's `metadata` says it.
///
/// The first of ``names`` that is there counts, as a member of the metadata or of its ``parents``.
final class CachedTokens {
    /// What providers and frameworks call it; all have ``word`` in them.
    static let names = [
        "cached_tokens", "cache_read_input_tokens", "prompt_tokens_details.cached_tokens",
        "input_tokens_details.cached_tokens", "input_token_details.cache_read",
    ]
    /// Members of the metadata in which an answer's usage is kept as it came.
    static let parents = ["usage", "usage_metadata"]
    private static let word = Array("cache".utf8)

    private let selection: Statement
    private let segments: SegmentReader

    init(_ connection: Connection) throws(StoreError) {
        let paths = ([""] + Self.parents.map { $0 + "." }).flatMap { parent in Self.names.map { parent + $0 } }
        let values = paths.map { "json_extract(?1, '$.\($0)')" }.joined(separator: ", ")
        selection = try Statement(connection, "SELECT coalesce(\(values))")
        segments = try SegmentReader(connection)
    }

    /// What the metadata in that column of the current row says; 0 if it says nothing that is a count.
    ///
    /// - Throws: `corrupt` if its segment is damaged.
    func count(_ row: Statement, _ column: Int32) throws(StoreError) -> Int64 {
        guard !row.isNull(column) else { return 0 }
        let bytes = row.bytes(column)
        guard row.isBlob(column) else { return count(bytes) }
        guard let reference = ValueReference(bytes) else {
            throw StoreError(
                .corrupt, "The reference to the metadata of a generation is damaged. `tracewire check` names the row.")
        }
        // Copied, because the segment's bytes are only lent.
        let text = try segments.withValue(reference) { Self.hasWord($0) ? String(decoding: $0, as: UTF8.self) : nil }
        guard let text else { return 0 }
        selection.bind(1, copying: text)
        return selected()
    }

    private func count(_ json: UnsafeRawBufferPointer) -> Int64 {
        guard Self.hasWord(json) else { return 0 }
        selection.bind(1, text: json)
        return selected()
    }

    /// JSON is checked before it is stored: what is none by now, which is all that can fail here, says nothing.
    private func selected() -> Int64 {
        defer { selection.reset() }
        guard (try? selection.step()) == true, selection.isInteger(0) else { return 0 }
        return max(0, selection.integer(0))
    }

    /// Looking for it is much faster than reading JSON, and most metadata does not have it.
    private static func hasWord(_ json: UnsafeRawBufferPointer) -> Bool {
        word.withUnsafeBytes { json[...].firstOffset(of: $0) != nil }
    }
}
