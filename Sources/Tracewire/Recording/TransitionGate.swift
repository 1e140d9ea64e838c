internal import Synchronization
internal import TracewireProtocol

/// Where a workflow or node is at, for its handle: lets an event through only if the table of transitions does.
///
/// The event is appended under the lock, so that two threads' events of one node are queued in the order in which they
/// were allowed. Appending is a copy; what may be a system call is done after.
///
/// A step that a full queue has shed is owed: without it the collector would park whatever follows, or wait for an end
/// for ever. It is appended, without its payload and with the time at which it happened, before the next record that
/// needs it, or when its scope ends. Until there is room for it, records that need it are shed, too.
final class TransitionGate: Sendable {
    private struct Owed {
        let step: Status
        let record: Record<String>
        let hadPayload: Bool

        init(_ step: Status, _ record: Record<String>) {
            let bare = record.withoutPayload
            (self.step, self.record, hadPayload) = (step, bare ?? record, bare != nil)
        }
    }

    private struct Progress {
        /// Where the events that were queued lead to.
        var queued: Status?
        var owed: Owed?

        var reached: Status? { owed?.step ?? queued }
    }

    private let entity: StatusEntity
    private let id: Identifier
    private let core: ClientCore
    /// What the collector must know of before it can know of this one.
    private let parent: WorkflowHandle?
    private let progress = Mutex(Progress())

    init(_ entity: StatusEntity, _ id: Identifier, _ core: ClientCore, parent: WorkflowHandle? = nil) {
        self.entity = entity
        self.id = id
        self.core = core
        self.parent = parent
    }

    /// The status that the events so far lead to; `nil` before the first one.
    var current: Status? { progress.withLock { $0.reached } }

    /// Appends what is owed. Returns whether the collector can know of the workflow or node, and of all its steps so far.
    @discardableResult
    func settle() -> Bool {
        settle { _ in true }
    }

    /// The same, for what is part of this one: its end is not said before theirs.
    func settleBeginning() -> Bool {
        settle { !entity.isFinal($0) }
    }

    private func settle(_ isDue: (Status) -> Bool) -> Bool {
        guard parent?.settleBeginning() ?? true else { return false }
        let appended: Appended? = progress.withLock { progress in
            guard let owed = progress.owed, isDue(owed.step) else { return nil }
            let appended = core.queue.appendOwed(owed.record, hadPayload: owed.hadPayload)
            if appended.outcome == .queued { progress = Progress(queued: owed.step) }
            return appended
        }
        guard let appended else { return progress.withLock { $0.queued != nil } }
        return core.finish(appended) == .queued
    }

    /// Records an event that moves to `next`, or refuses it.
    ///
    /// - Parameter event: is given where the events that were queued lead to.
    func move(to next: Status, _ event: (Status?) -> Event<String>) -> RecordingOutcome {
        let atMs = WallClock.nowMs()
        // A step that can be taken without the one that is owed replaces it.
        let isNext = progress.withLock { entity.allows(from: $0.queued, to: next) }
        let isSettled = isNext ? parent?.settleBeginning() ?? true : settle()
        let result: Result<Appended, RecordFault> = progress.withLock { progress in
            let record = Record(atMs: atMs, event: event(progress.queued))
            guard allows(progress, next, record.event.kind) else { return .failure(fault(progress.reached, next)) }
            let isPossible = isSettled && entity.allows(from: progress.queued, to: next)
            let appended = isPossible ? core.queue.append(record) : core.queue.countShed(record.event.kind)
            take(next, record, appended.outcome, &progress)
            return .success(appended)
        }
        switch result {
        case .success(let appended): return core.finish(appended)
        case .failure(let fault): return core.refuse(fault)
        }
    }

    /// A step that is owed may be tried again, with all that it had.
    private func allows(_ progress: Progress, _ next: Status, _ kind: EventKind) -> Bool {
        if let owed = progress.owed, owed.step == next, owed.record.event.kind == kind { return true }
        return entity.allows(from: progress.reached, to: next)
    }

    private func take(
        _ next: Status, _ record: Record<String>, _ outcome: RecordingOutcome, _ progress: inout Progress
    ) {
        switch outcome {
        case .queued: progress = Progress(queued: next)
        // One step can be owed: of two, the first is what the second rests on.
        case .shed where entity.allows(from: progress.queued, to: next): progress.owed = Owed(next, record)
        // What was refused has not happened: the same step may be tried again, smaller.
        case .shed, .closed, .refused: break
        }
    }

    private func fault(_ current: Status?, _ next: Status) -> RecordFault {
        RecordFault(
            .illegalTransition,
            "\(entity.rawValue) \(id) cannot go from \(current?.name ?? "nothing") to \(next.name)")
    }
}
