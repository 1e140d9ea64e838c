/// How often values of 0 and above fell into buckets: a mergeable sketch of their distribution.
///
/// Values below 64 have a bucket each; above, every power of two is cut into 64 buckets of equal width. A bucket is
/// reported as its middle, so that no value is off by more than 1/128. All arithmetic is on integers: equal values
/// give equal histograms on every machine, in whatever order they come.
struct Histogram: Equatable {
    struct Bucket: Equatable {
        let number: Int
        var count: Int64
    }

    /// The bucket of the largest integer.
    static let lastNumber = bucket(of: .max)

    /// As many as most distributions have.
    private static let usualBuckets = 512
    private static let bits = 6
    private static let width = 1 << bits

    /// Ascending, each with a count above 0.
    private(set) var buckets: [Bucket] = []

    static func bucket(of value: Int64) -> Int {
        guard value >= width else { return Int(max(0, value)) }
        let power = Int64.bitWidth - 1 - value.leadingZeroBitCount - bits
        // The value's leading bits: from 64 to 127.
        return power * width + Int(value >> power)
    }

    /// The least value, if the buckets tell it: small values have one each.
    var knownLeast: Int64? { buckets.first.flatMap(Self.onlyValue) }

    /// The greatest value, if the buckets tell it.
    var knownGreatest: Int64? { buckets.last.flatMap(Self.onlyValue) }

    private static func onlyValue(of bucket: Bucket) -> Int64? {
        bucket.number < 2 * width ? Int64(bucket.number) : nil
    }

    /// The value that stands for those of a bucket.
    static func middle(of bucket: Int) -> Int64 {
        guard bucket >= width else { return Int64(bucket) }
        let power = bucket / width - 1
        let least = Int64(bucket - power * width) << power
        return least + ((Int64(1) << power) - 1) / 2
    }

    /// Adds counts, in any order and more than one for a bucket; a negative one takes away what was added before.
    mutating func add(_ changes: [Bucket]) {
        add(ascending: changes.count > 1 ? changes.sorted { $0.number < $1.number } : changes)
    }

    mutating func add(_ other: Histogram) {
        if buckets.isEmpty { self = other } else { add(ascending: other.buckets) }
    }

    private mutating func add(ascending changes: [Bucket]) {
        guard !changes.isEmpty else { return }
        var merged: [Bucket] = []
        merged.reserveCapacity(buckets.count + changes.count)
        var (own, change) = (0, 0)
        while own < buckets.count || change < changes.count {
            let isOwn = change == changes.count || own < buckets.count && buckets[own].number < changes[change].number
            var bucket: Bucket
            if isOwn || own < buckets.count && buckets[own].number == changes[change].number {
                bucket = buckets[own]
                own += 1
            } else {
                bucket = Bucket(number: changes[change].number, count: 0)
            }
            while change < changes.count, changes[change].number == bucket.number {
                bucket.count = bucket.count.addingClamped(changes[change].count)
                change += 1
            }
            if bucket.count > 0 { merged.append(bucket) }
        }
        buckets = merged
    }

    /// From counts by number; those that are not above 0 are left out.
    init(counts: [Int64]) {
        for (number, count) in counts.enumerated() where count > 0 {
            buckets.append(Bucket(number: number, count: count))
        }
    }

    init() {}

    /// For each of `percents`, ascending and up to 100, the value that so many of all are not above (by nearest rank), to
    /// within 1/128 of it; empty if there are no values.
    func percentiles(_ percents: [Int64]) -> [Int64] {
        let total = buckets.reduce(Int64(0)) { $0.addingClamped($1.count) }
        var values: [Int64] = []
        values.reserveCapacity(percents.count)
        var below: Int64 = 0
        for bucket in buckets {
            below = below.addingClamped(bucket.count)
            while values.count < percents.count, below >= Self.rank(percents[values.count], of: total) {
                values.append(Self.middle(of: bucket.number))
            }
        }
        return values
    }

    private static func rank(_ percent: Int64, of total: Int64) -> Int64 {
        let (product, overflows) = total.multipliedReportingOverflow(by: percent)
        return max(1, overflows ? total / 100 * percent : product / 100 + (product % 100).signum())
    }
}

// As bytes: of each bucket its distance to the one before and its count, which usually fit into one byte.
extension Histogram {
    /// Counts from 1 to this are told by the low bits of the distance's varint.
    private static let shortCount: Int64 = 7

    func encode(into bytes: inout [UInt8]) {
        var next = 0
        for bucket in buckets {
            let short = min(bucket.count - 1, Self.shortCount)
            bytes.append(varint: UInt64(bucket.number - next) << 3 | UInt64(short))
            if short == Self.shortCount { bytes.append(varint: UInt64(bucket.count - 1 - short)) }
            next = bucket.number + 1
        }
    }

    /// Reads buckets until they hold `count` values; `nil` if the bytes do not say that.
    init?(count: Int64, _ bytes: inout VarintReader) {
        buckets.reserveCapacity(min(bytes.remaining, Int(clamping: count), Self.usualBuckets))
        guard Self.read(count: count, &bytes, { buckets.append($0) }) else { return nil }
    }

    /// Reads over them.
    static func pass(count: Int64, _ bytes: inout VarintReader) -> Bool {
        read(count: count, &bytes) { _ in }
    }

    private static func read(count: Int64, _ bytes: inout VarintReader, _ take: (Bucket) -> Void) -> Bool {
        var rest = count
        var next: UInt64 = 0
        while rest > 0 {
            guard let head = bytes.next() else { return false }
            var count = Int64(head & 7) + 1
            if count > Self.shortCount {
                guard rest >= count, let more = bytes.next(), more <= UInt64(rest - count) else { return false }
                count += Int64(more)
            }
            let number = next + head >> 3
            guard number <= UInt64(Self.lastNumber), count <= rest else { return false }
            take(Bucket(number: Int(number), count: count))
            rest -= count
            next = number + 1
        }
        return true
    }
}
