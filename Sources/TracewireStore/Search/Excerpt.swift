/// What stands around a hit.
enum Excerpt {
    /// Characters before the hit, and again behind it.
    static let characters = 60

    /// Bytes of a character in UTF-8, at most: bounds the way through bytes that are none.
    private static let characterBytes = 4

    /// From so many characters before `hit` to so many behind it.
    static func places(around hit: Range<Int>, in value: UnsafeRawBufferPointer) -> Range<Int> {
        let first = max(0, hit.lowerBound - characters * characterBytes)
        var start = hit.lowerBound
        var count = 0
        while start > first && count < characters {
            start -= 1
            if !value[start].continuesCharacter { count += 1 }
        }
        let last = min(value.count, hit.upperBound + characters * characterBytes)
        var end = hit.upperBound
        count = 0
        while end < last {
            if !value[end].continuesCharacter { count += 1 }
            if count > characters { break }
            end += 1
        }
        return start..<end
    }
}
