/// A stretch of a buffer that somebody else owns: how a decoded record refers to its values without copying them.
public struct Slice: Hashable, Sendable {
    public let start: Int
    public let count: Int

    public init(start: Int, count: Int) {
        self.start = start
        self.count = count
    }

    public var end: Int { start + count }
    public var range: Range<Int> { start..<(start + count) }
}

extension Slice {
    /// The same stretch in a buffer in which `offset` bytes stand before this one's.
    func shifted(by offset: Int) -> Slice {
        Slice(start: start + offset, count: count)
    }
}
