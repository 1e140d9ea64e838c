import CSimulated
import NIOCore

/// A time or a span of it on the clock of a run.
struct VirtualTime: Comparable, Sendable {
    var nanoseconds: Int64

    static let zero = VirtualTime(nanoseconds: 0)

    static func microseconds(_ count: Int) -> Self { Self(nanoseconds: Int64(count) * 1_000) }
    static func milliseconds(_ count: Int) -> Self { Self(nanoseconds: Int64(count) * 1_000_000) }
    static func seconds(_ count: Int) -> Self { .milliseconds(count * 1000) }

    static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }
    static func + (left: Self, right: Self) -> Self { Self(nanoseconds: left.nanoseconds + right.nanoseconds) }
    static func - (left: Self, right: Self) -> Self { Self(nanoseconds: left.nanoseconds - right.nanoseconds) }

    var deadline: NIODeadline { .uptimeNanoseconds(UInt64(nanoseconds)) }
}

/// What is to happen, in the order of its time; what is to happen at the same time, in the order in which it was scheduled.
final class Schedule {
    private struct Entry {
        let at: VirtualTime
        let order: Int
        let action: () -> Void

        func isBefore(_ other: Entry) -> Bool { at == other.at ? order < other.order : at < other.at }
    }

    /// A heap: the first is the next.
    private var entries: [Entry] = []
    private var order = 0
    private(set) var now = VirtualTime.seconds(1)

    /// The time of day, in milliseconds since 1970.
    var wallMs: Int64 { 1_760_000_000_000 + now.nanoseconds / 1_000_000 }

    init() {
        simulated_clock_set(now.nanoseconds)
    }

    func after(_ delay: VirtualTime, _ action: @escaping () -> Void) {
        at(now + delay, action)
    }

    func at(_ time: VirtualTime, _ action: @escaping () -> Void) {
        order += 1
        entries.append(Entry(at: max(time, now), order: order, action: action))
        var place = entries.count - 1
        while place > 0, entries[place].isBefore(entries[(place - 1) / 2]) {
            entries.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    /// Moves the clock to what comes next, and does it.
    func step() {
        guard let next = takeFirst() else { return }
        now = next.at
        simulated_clock_set(now.nanoseconds)
        next.action()
    }

    /// Nothing of it is to happen any more.
    func forget() {
        entries = []
    }

    private func takeFirst() -> Entry? {
        guard let first = entries.first else { return nil }
        let last = entries.removeLast()
        guard !entries.isEmpty else { return first }
        entries[0] = last
        var place = 0
        while true {
            var least = place
            for child in [2 * place + 1, 2 * place + 2]
            where child < entries.count && entries[child].isBefore(entries[least]) {
                least = child
            }
            guard least != place else { return first }
            entries.swapAt(place, least)
            place = least
        }
    }
}
