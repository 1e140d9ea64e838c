/// The only source of chance in a run: the same numbers for the same seed (SplitMix64).
struct Generator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is above 0.
    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    mutating func within(_ range: ClosedRange<Int>) -> Int { range.lowerBound + below(range.count) }

    /// Whether something happens that does so many times in a thousand.
    mutating func chance(_ perThousand: Int) -> Bool { below(1000) < perThousand }

    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

    /// A time between two, in nanoseconds.
    mutating func time(_ least: VirtualTime, _ most: VirtualTime) -> VirtualTime {
        VirtualTime(nanoseconds: Int64(within(Int(least.nanoseconds)...Int(most.nanoseconds))))
    }
}
