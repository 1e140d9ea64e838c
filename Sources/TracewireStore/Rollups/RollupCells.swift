/// The cells of one rollup, which are one value in the database: most of them are small, and columns would cost more
/// than what they hold.
///
/// Each cell is, in varints: its head (4 bits of kind, then 2 bits each that say how many rows have a measured value,
/// prompt, completion and total tokens: 0 none, 1 all, 2 a number that follows), the count of rows; of the measured
/// value the number if it follows, the sum, and for more than one value the least, the distance to the greatest, and the
/// ``Histogram``; of each sort of tokens the number if it follows, and the sum. Equal cells are equal bytes.
struct RollupCells: Equatable {
    /// Ascending by kind, none of them empty.
    private(set) var cells: [RollupCell] = []

    init() {}

    var isEmpty: Bool { cells.isEmpty }

    /// - Returns: the kinds of which the least or the greatest value was taken away.
    mutating func apply(_ change: RollupChange) -> [RollupKind] {
        change.cells.filter { change in update(change.kind) { $0.apply(change) } }.map(\.kind)
    }

    /// Changes the cell of a kind, which comes into being if there is none, and goes away if it is empty then.
    mutating func update<Result>(_ kind: RollupKind, _ change: (inout RollupCell) -> Result) -> Result {
        let place = cells.firstIndex { $0.kind.rawValue >= kind.rawValue } ?? cells.count
        if place == cells.count || cells[place].kind != kind { cells.insert(RollupCell(kind), at: place) }
        let result = change(&cells[place])
        if cells[place].isEmpty { cells.remove(at: place) }
        return result
    }

    /// Whether these say the same as others, but that the range of the values of `kinds` may be wider here.
    func equal(_ exact: RollupCells, butWiderIn kinds: Int64) -> Bool {
        guard kinds != 0, cells.count == exact.cells.count else { return self == exact }
        return zip(cells, exact.cells).allSatisfy { cell, exact in
            var cell = cell
            let isWider = cell.extremes.extended(by: exact.extremes) == cell.extremes
            if kinds & cell.kind.bit != 0 && isWider { cell.extremes = exact.extremes }
            return cell == exact
        }
    }

    /// The cells of several kinds together, chosen by ``RollupKind/bit``.
    func sum(_ kinds: Int64) -> RollupCell {
        var sum: RollupCell?
        for cell in cells where cell.kind.bit & kinds != 0 {
            // One alone, as most are, is not built anew.
            if sum == nil { sum = cell } else { sum?.add(cell) }
        }
        return sum ?? RollupCell(.call)
    }

    /// How many rows of several kinds there are.
    func count(_ kinds: Int64) -> Int64 {
        cells.reduce(0) { $1.kind.bit & kinds != 0 ? $0.addingClamped($1.count) : $0 }
    }

    /// What rows of several kinds used.
    func tokens(_ kinds: Int64) -> RollupTokens {
        var sum = RollupTokens()
        for cell in cells where cell.kind.bit & kinds != 0 { sum.add(cell.tokens) }
        return sum
    }
}

extension RollupCells {
    private static let none: UInt64 = 0
    private static let all: UInt64 = 1
    private static let some: UInt64 = 2
    /// Of a cell without its histogram.
    private static let usualBytes = 32
    /// A workflow's or generation's outcomes.
    private static let usualCells = 4

    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(cells.reduce(0) { $0 + Self.usualBytes + 2 * $1.histogram.buckets.count })
        for cell in cells { Self.encode(cell, into: &bytes) }
        return bytes
    }

    private static func encode(_ cell: RollupCell, into bytes: inout [UInt8]) {
        let (measured, tokens) = (cell.measured, cell.tokens)
        let head =
            UInt64(cell.kind.rawValue) | share(measured, cell) << 4 | share(tokens.prompt, cell) << 6
            | share(tokens.completion, cell) << 8 | share(tokens.total, cell) << 10
        bytes.append(varint: head)
        bytes.append(varint: UInt64(cell.count))
        encode(measured, of: cell, into: &bytes)
        if measured.count > 1 {
            bytes.append(varint: UInt64(cell.extremes.lowerBound))
            bytes.append(varint: UInt64(cell.extremes.upperBound - cell.extremes.lowerBound))
            cell.histogram.encode(into: &bytes)
        }
        encode(tokens.prompt, of: cell, into: &bytes)
        encode(tokens.completion, of: cell, into: &bytes)
        encode(tokens.total, of: cell, into: &bytes)
    }

    /// How many rows of the cell have a value of this sum.
    private static func share(_ sum: RollupSum, _ cell: RollupCell) -> UInt64 {
        sum.count == 0 ? none : sum.count == cell.count ? all : some
    }

    private static func encode(_ sum: RollupSum, of cell: RollupCell, into bytes: inout [UInt8]) {
        guard sum.count > 0 else { return }
        if sum.count != cell.count { bytes.append(varint: UInt64(sum.count)) }
        bytes.append(wideVarint: UInt128(sum.sum))
    }

    /// `nil` if the bytes are no cells. What they say can be anything: a statement from outside may have made them.
    init?(_ bytes: UnsafeRawBufferPointer) {
        var reader = VarintReader(bytes)
        cells.reserveCapacity(Self.usualCells)
        while !reader.isAtEnd {
            guard let cell = Self.decode(&reader) else { return nil }
            if let last = cells.last, last.kind.rawValue >= cell.kind.rawValue { return nil }
            cells.append(cell)
        }
    }

    private static func decode(_ reader: inout VarintReader) -> RollupCell? {
        guard let (head, kind, count) = decodeHead(&reader) else { return nil }
        var cell = RollupCell(kind)
        cell.count = count
        guard let measured = sum(share: head >> 4 & 3, of: count, &reader) else { return nil }
        if measured.count > 0 {
            cell.measured = measured
            guard decodeDistribution(&cell, &reader) else { return nil }
        }
        guard let prompt = sum(share: head >> 6 & 3, of: count, &reader),
            let completion = sum(share: head >> 8 & 3, of: count, &reader),
            let total = sum(share: head >> 10 & 3, of: count, &reader)
        else { return nil }
        cell.tokens = RollupTokens(prompt: prompt, completion: completion, total: total)
        return cell.isEmpty ? nil : cell
    }

    private static func decodeHead(_ reader: inout VarintReader) -> (head: UInt64, kind: RollupKind, count: Int64)? {
        guard let head = reader.next(), let kind = RollupKind(rawValue: UInt8(head & 15)), head >> 12 == 0,
            let count = integer(&reader)
        else { return nil }
        return (head, kind, count)
    }

    /// As ``count(_:)`` of the cells in `bytes`, which are read over and not kept; `nil` if they are no cells.
    static func count(_ kinds: Int64, in bytes: UnsafeRawBufferPointer) -> Int64? {
        var reader = VarintReader(bytes)
        var counted: Int64 = 0
        while !reader.isAtEnd {
            guard let (head, kind, count) = decodeHead(&reader),
                let measured = sum(share: head >> 4 & 3, of: count, &reader)
            else { return nil }
            if measured.count > 1 {
                guard reader.next() != nil, reader.next() != nil, Histogram.pass(count: measured.count, &reader)
                else { return nil }
            }
            for shift in [6, 8, 10] where sum(share: head >> shift & 3, of: count, &reader) == nil { return nil }
            if kind.bit & kinds != 0 { counted = counted.addingClamped(count) }
        }
        return counted
    }

    private static func sum(share: UInt64, of count: Int64, _ reader: inout VarintReader) -> RollupSum? {
        guard share != none else { return RollupSum() }
        guard share <= some, let number = share == all ? count : integer(&reader), let sum = reader.nextWide(),
            number > 0
        else { return nil }
        return RollupSum(count: number, sum: Int128(sum))
    }

    private static func decodeDistribution(_ cell: inout RollupCell, _ reader: inout VarintReader) -> Bool {
        guard cell.measured.count > 1 else {
            let value = cell.measured.clamped
            cell.extremes = value...value
            cell.histogram.add([Histogram.Bucket(number: Histogram.bucket(of: value), count: 1)])
            return true
        }
        guard let least = integer(&reader), let distance = integer(&reader), least <= Int64.max - distance,
            let histogram = Histogram(count: cell.measured.count, &reader)
        else { return false }
        cell.extremes = least...least + distance
        cell.histogram = histogram
        return true
    }

    private static func integer(_ reader: inout VarintReader) -> Int64? {
        reader.next().flatMap { Int64(exactly: $0) }
    }
}

/// What a transaction changes of one rollup.
struct RollupChange {
    private(set) var cells: [RollupCellChange] = []

    mutating func update(_ kind: RollupKind, _ change: (inout RollupCellChange) -> Void) {
        let place = cells.firstIndex { $0.kind == kind } ?? cells.count
        if place == cells.count { cells.append(RollupCellChange(kind)) }
        change(&cells[place])
    }

    mutating func add(_ other: RollupChange) {
        for cell in other.cells { update(cell.kind) { $0.add(cell) } }
    }

    mutating func add(_ other: RollupCells) {
        for cell in other.cells { update(cell.kind) { $0.add(cell) } }
    }
}
