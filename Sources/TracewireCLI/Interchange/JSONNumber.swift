internal import TracewireProtocol

/// JSON's numbers, which ``JSONValidator`` has passed.
enum JSONNumber {
    /// The exact integer that a number is: `1e3` and `1.0` are integers.
    static func integer(_ number: Span<UInt8>, _ key: String) throws(LineFault) -> Int64 {
        guard isNumber(number) else { throw LineFault(.malformedRecord, "\(key) is not a number") }
        var decimal = Decimal()
        for index in 0..<number.count {
            guard decimal.take(number[index]) else {
                throw LineFault(.valueOutOfRange, "\(key) has more digits than an integer can have")
            }
        }
        guard decimal.isIntegral else { throw LineFault(.valueOutOfRange, "\(key) is not an integer") }
        guard let value = decimal.integer else {
            throw LineFault(.valueOutOfRange, "\(key) does not fit in 64 bits")
        }
        return value
    }

    /// The nearest double.
    static func double(_ number: Span<UInt8>, _ key: String) throws(LineFault) -> Double {
        guard isNumber(number), let text = String(validating: number), let value = Double(text) else {
            throw LineFault(.malformedRecord, "\(key) is not a number")
        }
        guard value.isFinite else { throw LineFault(.valueOutOfRange, "\(key) is too large") }
        return value
    }

    private static func isNumber(_ value: Span<UInt8>) -> Bool {
        value[0] == UInt8(ascii: "-") || 48...57 ~= value[0]
    }

    /// A decimal number read digit by digit: `significand` × 10^`exponent`, the zeros at its end left out.
    private struct Decimal {
        private enum Part {
            case whole
            case fraction
            case exponent
        }

        private var isNegative = false
        private var significand: UInt64 = 0
        private var pendingZeros = 0
        private var scale = 0
        private var part = Part.whole
        private var exponent = 0
        private var isExponentNegative = false

        /// `false` if the digits are more than any 64-bit integer has.
        mutating func take(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "-") where part == .exponent: isExponentNegative = true
            case UInt8(ascii: "-"): isNegative = true
            case UInt8(ascii: "+"): break
            case UInt8(ascii: "."): part = .fraction
            case UInt8(ascii: "e"), UInt8(ascii: "E"): part = .exponent
            default: return takeDigit(UInt64(byte - 48))
            }
            return true
        }

        private mutating func takeDigit(_ digit: UInt64) -> Bool {
            if part == .exponent {
                exponent = min(exponent * 10 + Int(digit), 1_000_000_000)
                return true
            }
            if part == .fraction { scale += 1 }
            guard digit != 0 else {
                if significand != 0 { pendingZeros += 1 }
                return true
            }
            for _ in 0..<pendingZeros { guard append(0) else { return false } }
            pendingZeros = 0
            return append(digit)
        }

        private mutating func append(_ digit: UInt64) -> Bool {
            let (product, overflowed) = significand.multipliedReportingOverflow(by: 10)
            let (sum, carried) = product.addingReportingOverflow(digit)
            significand = sum
            return !overflowed && !carried
        }

        private var power: Int { (isExponentNegative ? -exponent : exponent) - scale + pendingZeros }

        var isIntegral: Bool { significand == 0 || power >= 0 }

        var integer: Int64? {
            guard significand != 0 else { return 0 }
            guard power < 20 else { return nil }
            var magnitude = significand
            for _ in 0..<power {
                let (product, overflowed) = magnitude.multipliedReportingOverflow(by: 10)
                guard !overflowed else { return nil }
                magnitude = product
            }
            return isNegative
                ? (magnitude <= 1 << 63 ? Int64(truncatingIfNeeded: 0 &- magnitude) : nil) : Int64(exactly: magnitude)
        }
    }
}
