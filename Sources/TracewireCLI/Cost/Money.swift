/// An exact amount of money: a whole number of 10⁻¹⁵ of its currency, so that tokens times a price for a million of them
/// never has to be rounded.
struct Money: Equatable, Comparable {
    static let decimals = 15

    private(set) var units: Int128 = 0

    /// What so many tokens cost.
    init(_ tokens: Int64 = 0, at rate: Rate = Rate(nanos: 0)) {
        units = Int128(tokens) * Int128(rate.nanos)
    }

    /// Amounts that no traffic comes to stay at the largest one.
    mutating func add(_ other: Money) {
        let (sum, overflowed) = units.addingReportingOverflow(other.units)
        units = overflowed ? .max : sum
    }

    static func < (one: Money, other: Money) -> Bool { one.units < other.units }

    /// 0 to 1; `nil` where there is nothing to share.
    func share(of whole: Money) -> Double? {
        whole.units > 0 ? Double(units) / Double(whole.units) : nil
    }

    /// All of its digits, without zeros at the end: `0.0125`, `3`.
    var exact: String {
        var text = Self.text(units, decimals: Self.decimals)
        while text.last == "0" { text.removeLast() }
        if text.last == "." { text.removeLast() }
        return text
    }

    /// With so many decimals, half up. What is more than nothing is not shown as nothing: `<0.01`.
    func rounded(to decimals: Int) -> String {
        let unit = (decimals..<Self.decimals).reduce(Int128(1)) { unit, _ in unit * 10 }
        let rounded = units / unit + (units % unit * 2 >= unit ? 1 : 0)
        return rounded == 0 && units > 0
            ? "<" + Self.text(1, decimals: decimals) : Self.text(rounded, decimals: decimals)
    }

    private static func text(_ number: Int128, decimals: Int) -> String {
        let digits = String(number)
        let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
        return "\(padded.dropLast(decimals)).\(padded.suffix(decimals))"
    }
}

/// A price for a million tokens, in 10⁻⁹ of its currency.
struct Rate: Equatable {
    static let decimals = 9
    /// Of a currency, for a million tokens.
    static let largest: Int64 = 1_000_000
    static let form = "a number from 0 to \(largest) with at most \(decimals) decimals, such as 2.50"

    let nanos: Int64

    init(nanos: Int64) {
        self.nanos = nanos
    }

    /// Reads `2`, `2.50`; `nil` if the text is not of that form.
    init?(_ text: String) {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let fraction = parts.count == 2 ? parts[1] : "0"
        guard let whole = Self.digits(parts[0]), whole <= Self.largest, parts[0] == String(whole),
            1...Self.decimals ~= fraction.utf8.count,
            let nanos = Self.digits(fraction + String(repeating: "0", count: Self.decimals - fraction.utf8.count))
        else { return nil }
        self.nanos = whole * 1_000_000_000 + nanos
        guard self.nanos <= Self.largest * 1_000_000_000 else { return nil }
    }

    private static func digits(_ text: some StringProtocol) -> Int64? {
        text.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 } ? Int64(text) : nil
    }
}
