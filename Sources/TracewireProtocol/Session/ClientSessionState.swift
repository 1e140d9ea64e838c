/// Where a client's session is at, whether it sends or asks.
public enum ClientSessionState: Equatable, Sendable {
    case connecting
    case helloSent
    case open
    /// The collector takes nothing new, but finishes what is under way.
    case draining(SessionEnding)
    case closed

    /// Why the session ends when its connection is lost; `nil` if it has ended before.
    func ending(lost message: String) -> SessionEnding? {
        switch self {
        case .closed: nil
        case .draining(let ending): ending
        case .connecting, .helloSent, .open: .lost(.ok, message)
        }
    }
}
