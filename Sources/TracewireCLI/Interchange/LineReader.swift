internal import Glibc

/// Cuts what a source delivers into lines, in a buffer of its own whose size is bounded by the longest line allowed.
struct LineReader {
    /// Longest line by default, in bytes: a record of ``Limits/recordBytes`` (80 MiB), thrice over for its escapes.
    static let longestLine = 256 << 20
    private static let chunk = 1 << 20

    enum Line: Equatable {
        /// Where the line stands in ``buffer``, without its line feed, until the next call.
        case bytes(Range<Int>)
        /// A line longer than allowed. It has been passed over.
        case tooLong
    }

    /// Fills the start of the memory it is given and says how much; 0 at the end.
    typealias Source = (UnsafeMutableRawBufferPointer) throws -> Int

    private(set) var buffer: [UInt8]
    /// The number of the line handed out last, from 1.
    private(set) var lineNumber = 0
    /// Bytes taken from the source.
    private(set) var bytesRead: Int64 = 0
    private var start = 0
    private var end = 0
    private var isAtEnd = false
    private let limit: Int
    private let source: Source

    init(limit: Int = longestLine, chunk: Int = chunk, source: @escaping Source) {
        self.limit = limit
        self.source = source
        buffer = [UInt8](repeating: 0, count: max(1, min(chunk, limit + 1)))
    }

    /// The next line; `nil` after the last. A last line without a line feed counts.
    mutating func next() throws -> Line? {
        var searched = start
        while true {
            if let feed = lineFeed(from: searched) {
                defer { start = feed + 1 }
                return take(start..<feed)
            }
            searched = end
            guard end - start <= limit else { return try passOver() }
            guard try fill() else {
                guard end > start else { return nil }
                defer { start = end }
                return take(start..<end)
            }
            searched -= moved
        }
    }

    /// How far the last ``fill()`` moved the unfinished line to the front.
    private var moved = 0

    private mutating func take(_ range: Range<Int>) -> Line {
        lineNumber += 1
        return range.count > limit ? .tooLong : .bytes(range)
    }

    private mutating func passOver() throws -> Line {
        lineNumber += 1
        while true {
            start = end
            guard try fill() else { return .tooLong }
            if let feed = lineFeed(from: start) {
                start = feed + 1
                return .tooLong
            }
        }
    }

    private func lineFeed(from position: Int) -> Int? {
        buffer.withUnsafeBytes { bytes in
            guard position < end, let base = bytes.baseAddress,
                let found = memchr(base + position, 10, end - position)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }

    /// Reads more behind what there is; `false` at the end.
    private mutating func fill() throws -> Bool {
        guard !isAtEnd else { return false }
        makeRoom()
        let count = try buffer.withUnsafeMutableBytes { bytes in
            try source(UnsafeMutableRawBufferPointer(rebasing: bytes[end...]))
        }
        end += count
        bytesRead += Int64(count)
        isAtEnd = count == 0
        return !isAtEnd
    }

    private mutating func makeRoom() {
        moved = start
        if start > 0 {
            buffer.withUnsafeMutableBytes { bytes in
                guard let base = bytes.baseAddress else { return }
                memmove(base, base + start, end - start)
            }
            end -= start
            start = 0
        }
        if end == buffer.count {
            buffer.append(contentsOf: repeatElement(0, count: min(buffer.count, limit + 1)))
        }
    }
}
