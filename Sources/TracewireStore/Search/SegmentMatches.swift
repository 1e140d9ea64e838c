extension SearchedText {
    /// An entry whose value holds the text.
    struct EntryMatch {
        let entry: SegmentEntry
        let match: Match
    }

    /// The entries of a segment whose values hold the text, in their order; `nil` if the bytes are not entries.
    ///
    /// Most segments do not hold it: all of one is searched at once, and its entries are read only if it is there.
    func matches(in segment: UnsafeRawBufferPointer) -> [EntryMatch]? {
        withComparable(segment) { comparable in
            withBytes { matches(of: $0, in: segment, comparable) }
        }
    }

    /// What is found may lie in the bytes between two values, or reach over an end: only what lies in a value counts.
    private func matches(
        of wanted: UnsafeRawBufferPointer, in segment: UnsafeRawBufferPointer, _ comparable: UnsafeRawBufferPointer
    ) -> [EntryMatch]? {
        var matches: [EntryMatch] = []
        var found = comparable[...].firstOffset(of: wanted)
        var position = 0
        while let next = found {
            guard let entry = SegmentEntry.read(segment, at: &position) else { return nil }
            guard next < entry.value.upperBound else { continue }
            if let match = Self.match(of: wanted, in: comparable[entry.value], from: next),
                entry.column != SegmentEntry.deadColumn
            {
                matches.append(EntryMatch(entry: entry, match: match))
            }
            found = comparable[entry.value.upperBound...].firstOffset(of: wanted)
        }
        return matches
    }

    /// - Parameter next: nothing is found before it.
    private static func match(
        of wanted: UnsafeRawBufferPointer, in value: Slice<UnsafeRawBufferPointer>, from next: Int
    ) -> Match? {
        let rest = value[max(next, value.startIndex)...]
        guard let offset = rest.firstOffset(of: wanted) else { return nil }
        let found = UnsafeRawBufferPointer(rebasing: value[offset...])
        return Match(offset: offset - value.startIndex, occurrences: found.occurrences(of: wanted))
    }
}
