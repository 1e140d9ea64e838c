internal import Synchronization

/// The user of a workflow, whom the collector must know of before the workflow.
final class UserIntroduction: Beginning {
    private let core: ClientCore
    /// The user whom the queue had no room to introduce.
    private let owed = Mutex<String?>(nil)

    init(_ core: ClientCore) {
        self.core = core
    }

    func introduce(_ username: String) {
        guard let appended = core.introduce(username) else { return }
        if appended.outcome == .shed { owed.withLock { $0 = username } }
        _ = core.finish(appended)
    }

    func settleBeginning() -> Bool {
        let (isKnown, appended): (Bool, Appended?) = owed.withLock { owed in
            guard let username = owed else { return (true, nil) }
            let appended = core.introduce(username, isOwed: true)
            guard appended?.outcome != .shed else { return (false, nil) }
            owed = nil
            return (true, appended)
        }
        if let appended { _ = core.finish(appended) }
        return isKnown
    }
}
