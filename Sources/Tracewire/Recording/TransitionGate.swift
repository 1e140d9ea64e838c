internal import Synchronization
internal import TracewireProtocol

/// Where a workflow or node is at, for its handle: lets an event through only if the table of transitions does.
///
/// The event is appended under the lock, so that two threads' events of one node are queued in the order in which they
/// were allowed. Appending is a copy; what may be a system call is done after.
final class TransitionGate: Sendable {
    private let entity: StatusEntity
    private let id: Identifier
    private let core: ClientCore
    private let status: Mutex<Status?>

    init(_ entity: StatusEntity, _ id: Identifier, _ core: ClientCore) {
        self.entity = entity
        self.id = id
        self.core = core
        status = Mutex(nil)
    }

    /// The status that the events so far lead to; `nil` before the first one.
    var current: Status? { status.withLock { $0 } }

    /// Records `event`, which moves to `next`, or refuses it.
    func move(to next: Status, _ event: Event<String>) -> RecordingOutcome {
        let record = Record(atMs: WallClock.nowMs(), event: event)
        let result: Result<Appended, RecordFault> = status.withLock { current in
            guard entity.allows(from: current, to: next) else { return .failure(fault(current, next)) }
            let appended = core.queue.append(record)
            // What was shed or refused has not happened: the same step may be tried again, smaller.
            if appended.outcome == .queued { current = next }
            return .success(appended)
        }
        switch result {
        case .success(let appended): return core.finish(appended)
        case .failure(let fault): return core.refuse(fault)
        }
    }

    private func fault(_ current: Status?, _ next: Status) -> RecordFault {
        RecordFault(
            .illegalTransition,
            "\(entity.rawValue) \(id) cannot go from \(current?.name ?? "nothing") to \(next.name)")
    }
}
