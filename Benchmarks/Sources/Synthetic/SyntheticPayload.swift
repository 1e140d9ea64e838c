/// Small values, from some tens of bytes to a few hundred, which differ from run to run and repeat words as real ones do.
enum SyntheticPayload {
    private static let text = Array(
        """
        the user asks for a quiet evening near the river with a walk before dinner and a cafe that stays open late; \
        prices were compared by distance and by what others said of the service; two places were closed on Mondays and \
        left out, one had no table for two before nine; the route takes the green line for four stops, then ten minutes \
        on foot through the market; rain is likely from eight on, so what is outside comes first; reviews praise the \
        noodles, the view from the upper floor and the records that are played on Fridays
        """.utf8)
    private static let shortest = 16
    private static let longest = 272

    /// Part of the text: where it begins and how long it is follow from `seed`.
    static func words(_ seed: Int) -> String {
        let mixed = UInt64(truncatingIfNeeded: seed) &* 0x9e37_79b9_7f4a_7c15
        let count = shortest + Int(mixed >> 40) % (longest - shortest)
        let start = Int(mixed >> 20 & 0xfffff) % (text.count - count)
        return String(decoding: text[start..<start + count], as: UTF8.self)
    }

    /// An object that says which run and node it belongs to.
    static func state(run: Int, place: Int) -> String {
        #"{"run":\#(run),"place":\#(place),"note":"\#(words(run * 16 + place))"}"#
    }
}
