internal import NIOConcurrencyHelpers

/// How far a collector is between its start and its end.
final class CollectorPhase: Sendable {
    enum Value {
        /// The database is being opened.
        case opening
        case serving
        /// It takes nothing new, and settles what has arrived.
        case draining
    }

    private let value = NIOLockedValueBox(Value.opening)

    var current: Value { value.withLockedValue { $0 } }

    func enter(_ next: Value) {
        value.withLockedValue { $0 = next }
    }
}
