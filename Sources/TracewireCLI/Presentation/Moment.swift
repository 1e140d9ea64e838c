internal import Glibc
internal import TracewireProtocol

/// Times as people type and read them. Everything stored is milliseconds since 1970.
enum Moment {
    static func now() -> Int64 { WallClock.nowMs() }

    /// `2026-11-22 20:40:45` in the machine's time zone.
    static func local(_ milliseconds: Int64) -> String {
        formatted(milliseconds, "%Y-%m-%d %H:%M:%S")
    }

    /// `20:40:45.123` in the machine's time zone.
    static func localTimeOfDay(_ milliseconds: Int64) -> String {
        let fraction = (milliseconds % 1000 + 1000) % 1000
        return formatted(milliseconds, "%H:%M:%S") + "." + TerminalText.padded(number: Int(fraction), digits: 3)
    }

    /// `2 m 05 s ago`. What another clock says is yet to come is now.
    static func ago(_ milliseconds: Int64, now: Int64 = now()) -> String {
        let (age, overflowed) = now.subtractingReportingOverflow(milliseconds)
        return Span.shown(overflowed ? .max : max(0, age)) + " ago"
    }

    /// `2026-11-22`, in UTC: the day of what is counted by day.
    static func day(_ milliseconds: Int64) -> String {
        formatted(milliseconds, "%Y-%m-%d") { gmtime_r(&$0, &$1) != nil }
    }

    /// - Parameter convert: takes seconds since 1970 apart; in the machine's time zone, unless said otherwise.
    private static func formatted(
        _ milliseconds: Int64, _ format: String,
        _ convert: (inout time_t, inout tm) -> Bool = { localtime_r(&$0, &$1) != nil }
    ) -> String {
        var seconds = time_t(milliseconds >= 0 ? milliseconds / 1000 : (milliseconds - 999) / 1000)
        var parts = tm()
        guard convert(&seconds, &parts) else { return "\(milliseconds) ms" }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
            guard let base = buffer.baseAddress, strftime(base, 64, format, &parts) > 0 else {
                return "\(milliseconds) ms"
            }
            return String(cString: base)
        }
    }

    /// Reads a point in time: how long ago (`90s`, `30m`, `24h`, `7d`, `2w`, with ` ago` behind
    /// it or without), or a date, with a time of day or without
    /// (`2026-11-22`, `2026-11-22 20:40`, `2026-11-22T20:40:45.250`), in the machine's time zone, in UTC with a `Z`, or with
    /// an offset from it (`+09:00`); or as programs are given it, in milliseconds since 1970 (`1770000000000`).
    static func parse(_ text: String, now: Int64 = now()) -> Int64? {
        if let ago = Span.parse(text.hasSuffix(" ago") ? String(text.dropLast(4)) : text) { return now - ago }
        if text.utf8.count >= fewestMillisecondDigits, let milliseconds = digits(text[...]) { return milliseconds }
        let (date, offset) = zone(text)
        let (whole, milliseconds) = fraction(date)
        guard let milliseconds, var parts = calendar(whole) else { return nil }
        let day = parts.tm_mday
        let seconds = offset == nil ? mktime(&parts) : timegm(&parts)
        // A day that its month does not have has been moved into the next month.
        guard parts.tm_mday == day else { return nil }
        return (Int64(seconds) - (offset ?? 0)) * 1000 + milliseconds
    }

    /// From 2001 on; less might be a year.
    private static let fewestMillisecondDigits = 12

    /// Takes from the end how many seconds the time is before UTC; `nil` if nothing is said of that.
    private static func zone(_ text: String) -> (date: Substring, offset: Int64?) {
        if text.hasSuffix("Z") { return (text.dropLast(), 0) }
        let end = text.suffix(6)
        guard text.utf8.count > 16, let sign = end.first, sign == "+" || sign == "-",
            let parts = numbers(end.dropFirst(), ":", [2, 2]), parts[0] < 24, parts[1] < 60
        else { return (text[...], nil) }
        let seconds = Int64(parts[0]) * 3600 + Int64(parts[1]) * 60
        return (text.dropLast(6), sign == "-" ? -seconds : seconds)
    }

    /// Takes milliseconds from the end; `nil` for what is no fraction.
    private static func fraction(_ text: Substring) -> (whole: Substring, milliseconds: Int64?) {
        guard let point = text.lastIndex(of: ".") else { return (text, 0) }
        let places = text[text.index(after: point)...]
        guard 1...9 ~= places.utf8.count, text[..<point].contains(":") else { return (text, nil) }
        return (text[..<point], digits((places + "00").prefix(3)))
    }

    private static func digits(_ text: Substring) -> Int64? {
        text.utf8.allSatisfy { 0x30...0x39 ~= $0 } ? Int64(text) : nil
    }

    /// The parts of `YYYY-MM-DD`, with ` HH:MM` or ` HH:MM:SS` or without.
    private static func calendar(_ text: Substring) -> tm? {
        let halves = text.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == "T" || $0 == " " }
        guard let date = numbers(halves[0], "-", [4, 2, 2]), 1...12 ~= date[1], 1...31 ~= date[2] else { return nil }
        var parts = tm()
        parts.tm_year = date[0] - 1900
        parts.tm_mon = date[1] - 1
        parts.tm_mday = date[2]
        parts.tm_isdst = -1
        guard halves.count == 2 else { return parts }
        guard let time = numbers(halves[1], ":", [2, 2, 2]) ?? numbers(halves[1], ":", [2, 2]),
            time[0] < 24, time[1] < 60, time.count < 3 || time[2] < 60
        else { return nil }
        parts.tm_hour = time[0]
        parts.tm_min = time[1]
        parts.tm_sec = time.count == 3 ? time[2] : 0
        return parts
    }

    /// Numbers of so many digits each, and nothing else.
    private static func numbers(_ text: Substring, _ separator: Character, _ digits: [Int]) -> [Int32]? {
        let parts = text.split(separator: separator, omittingEmptySubsequences: false)
        guard parts.map(\.count) == digits, text.allSatisfy({ $0 == separator || "0"..."9" ~= $0 }) else { return nil }
        return parts.compactMap { Int32($0) }
    }

    /// Lengths of time as people type and read them.
    enum Span {
        private static let units: [(suffix: String, milliseconds: Int64)] = [
            ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("w", 604_800_000),
        ]

        /// Milliseconds of `1500ms`, `90s`, `30m`, `24h`, `7d` or `2w`.
        static func parse(_ text: String) -> Int64? {
            let digits = text.prefix { "0"..."9" ~= $0 }
            guard let count = Int64(digits),
                let unit = units.first(where: { $0.suffix == text.dropFirst(digits.count) })
            else { return nil }
            let (product, overflowed) = count.multipliedReportingOverflow(by: unit.milliseconds)
            return overflowed || product > 1_000_000 * 86_400_000 ? nil : product
        }

        /// `870 ms`, `3.4 s`, `2 m 05 s`, `1 h 04 m`, `3 d 02 h`, rounded to what is shown.
        static func shown(_ milliseconds: Int64) -> String {
            if milliseconds < 1000 { return "\(milliseconds) ms" }
            let tenths = rounded(milliseconds, 100)
            if tenths < 600 { return "\(tenths / 10).\(tenths % 10) s" }
            let seconds = rounded(milliseconds, 1000)
            if seconds < 3600 { return pair(seconds / 60, "m", seconds % 60, "s") }
            let minutes = rounded(milliseconds, 60_000)
            if minutes < 1440 { return pair(minutes / 60, "h", minutes % 60, "m") }
            let hours = rounded(milliseconds, 3_600_000)
            return pair(hours / 24, "d", hours % 24, "h")
        }

        /// The nearest count of `unit`, halves upwards.
        private static func rounded(_ milliseconds: Int64, _ unit: Int64) -> Int64 {
            milliseconds / unit + (milliseconds % unit * 2 >= unit ? 1 : 0)
        }

        private static func pair(_ first: Int64, _ unit: String, _ second: Int64, _ smaller: String) -> String {
            "\(first) \(unit) \(TerminalText.padded(number: Int(second), digits: 2)) \(smaller)"
        }
    }
}

extension TerminalText {
    /// `number` with zeros before it.
    static func padded(number: Int, digits: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
