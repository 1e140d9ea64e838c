internal import NIOConcurrencyHelpers
internal import NIOCore

/// The connections to the metrics address that are open, at most ``limit``. One more makes the one go that has said nothing
/// for longest: whoever opens many and asks nothing keeps nobody out.
final class MetricsConnections: Sendable {
    static let limit = 64

    private struct Member {
        let channel: any Channel
        var isAnswered = false
    }

    private let members = NIOLockedValueBox<[Member]>([])

    /// Remembers a connection. Returns whether there is room for it.
    func opened(_ channel: any Channel) -> Bool {
        let (isTaken, leaving) = members.withLockedValue { members -> (Bool, (any Channel)?) in
            var leaving: (any Channel)?
            if members.count >= Self.limit {
                guard let place = members.firstIndex(where: { !$0.isAnswered }) else { return (false, nil) }
                leaving = members.remove(at: place).channel
            }
            members.append(Member(channel: channel))
            return (true, leaving)
        }
        leaving?.close(promise: nil)
        return isTaken
    }

    /// The connection's request has come.
    func requested(_ channel: any Channel) {
        members.withLockedValue { members in
            guard let place = members.firstIndex(where: { $0.channel === channel }) else { return }
            members[place].isAnswered = true
        }
    }

    func closed(_ channel: any Channel) {
        members.withLockedValue { $0.removeAll { $0.channel === channel } }
    }
}
