/// What happened in a run: a number that two runs share only if they are the same, and lines for whoever looks into one.
final class Trace {
    private(set) var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    private(set) var steps = 0
    private let prints: Bool
    private let schedule: Schedule

    init(_ schedule: Schedule, prints: Bool) {
        (self.schedule, self.prints) = (schedule, prints)
    }

    func step() {
        steps += 1
        mix(UInt64(bitPattern: schedule.now.nanoseconds))
    }

    /// - Parameters:
    ///   - what: a word for it.
    ///   - numbers: what distinguishes it.
    func note(_ what: StaticString, _ numbers: Int..., text: @autoclosure () -> String = "") {
        what.withUTF8Buffer { for byte in $0 { mix(UInt64(byte)) } }
        for number in numbers { mix(UInt64(bitPattern: Int64(number))) }
        guard prints else { return }
        let micros = schedule.now.nanoseconds / 1_000
        let (seconds, rest) = micros.quotientAndRemainder(dividingBy: 1_000_000)
        let fraction = String(rest + 1_000_000).dropFirst()
        print("\(steps) \(seconds).\(fraction) \(what) \(numbers.map(String.init).joined(separator: " ")) \(text())")
    }

    private func mix(_ number: UInt64) {
        hash = (hash ^ number) &* 0x0000_0100_0000_01b3
        hash ^= hash >> 29
    }
}

/// A rule that a run broke.
struct Violation: Error {
    let rule: String
    let detail: String
}
