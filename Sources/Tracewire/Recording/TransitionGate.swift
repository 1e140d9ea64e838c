internal import Synchronization
internal import TracewireProtocol

/// Where a workflow or node is at, for its handle: lets an event through only if the table of transitions does.
///
/// The event is appended under the lock, so that two threads' events of one node are queued in the order in which they
/// were allowed. Appending is a copy, unless records come faster than segments are made ahead: then whoever records makes
/// one, under this lock of its own node or workflow, and of nobody else.
///
/// A step that a full queue has shed is owed: without it the collector would park whatever follows, or wait for an end
/// for ever. It is appended, without its payload and with the time at which it happened, before the next record that
/// needs it, when its scope ends, or as ``OwedSteps`` finds room. Until then records that need it are shed, too.
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
        /// In their order: a beginning, and the end that was said after it.
        var owed: [Owed] = []
        /// Whether ``OwedSteps`` has this one.
        var isRemembered = false
        /// Whether what is owed counts as lost, as nobody may come to try it again.
        var isGivenUp = false

        var reached: Status? { owed.last?.step ?? queued }

        /// The last owed step, if it is this one: it may be tried again, with all that it had.
        func again(_ step: Status, _ kind: EventKind) -> Owed? {
            owed.last.flatMap { $0.step == step && $0.record.event.kind == kind ? $0 : nil }
        }
    }

    let entity: StatusEntity
    private let id: Identifier
    private let core: ClientCore
    /// What the collector must know of before it can know of this one.
    private let parent: any Beginning
    private let progress: Mutex<Progress>
    /// Whether the collector can know of this one, and nothing is owed: many threads may ask this of one workflow at once.
    private let isClear: Atomic<Bool>

    /// - Parameter reached: where another process has led it.
    init(
        _ entity: StatusEntity, _ id: Identifier, _ core: ClientCore, parent: any Beginning, reached: Status? = nil
    ) {
        progress = Mutex(Progress(queued: reached))
        isClear = Atomic(reached != nil)
        self.entity = entity
        self.id = id
        self.core = core
        self.parent = parent
    }

    /// The status that the events so far lead to; `nil` before the first one.
    var current: Status? { progress.withLock { $0.reached } }

    /// Appends what is owed.
    func settle() {
        _ = settle { _ in true }
    }

    /// The same, for what is part of this one: its end is not said before theirs. Returns whether the collector can know
    /// of the workflow or node.
    func settleBeginning() -> Bool {
        isClear.load(ordering: .acquiring) || settle { !entity.isFinal($0) }
    }

    /// The same as ``settle()``, for ``OwedSteps``. Returns whether nothing is owed any more, so that it may forget this one.
    func settleRemembered() -> Bool {
        settle()
        return progress.withLock { progress in
            progress.isRemembered = !progress.owed.isEmpty
            return progress.owed.isEmpty
        }
    }

    private func settle(_ isDue: (Status) -> Bool) -> Bool {
        guard parent.settleBeginning() else { return false }
        let (isKnown, appended) = change { progress in
            var appended: [Appended] = []
            while let owed = progress.owed.first, isDue(owed.step) {
                let step = core.queue.appendOwed(owed.record, hadPayload: owed.hadPayload)
                guard step.outcome == .queued else { return (false, appended) }
                appended.append(step)
                progress.queued = owed.step
                progress.owed.removeFirst()
            }
            return (progress.queued != nil, appended)
        }
        for step in appended { _ = core.finish(step) }
        return isKnown
    }

    /// Records an event that moves to `next`, or refuses it.
    ///
    /// - Parameters:
    ///   - atMs: when it happened; now, unless told otherwise.
    ///   - event: is given where the events that were queued lead to.
    func move(
        to next: Status, at atMs: Int64 = WallClock.nowMs(), _ event: (Status?) -> Event<String>
    ) -> RecordingOutcome {
        guard !core.isSilent else { return .closed }
        // A step that can be taken without what is owed replaces it.
        let isNext = progress.withLock { entity.allows(from: $0.queued, to: next) }
        let isSettled = isNext ? parent.settleBeginning() : settle { $0 != next }
        let result: Result<Appended, RecordFault> = change { progress in
            let record = Record(atMs: atMs, event: event(progress.queued))
            let again = progress.again(next, record.event.kind)
            guard again != nil || entity.allows(from: progress.reached, to: next) else {
                return .failure(fault(progress.reached, next))
            }
            let isPossible = isSettled && entity.allows(from: progress.queued, to: next)
            let appended = isPossible ? append(record, again) : shed(record, again)
            take(next, record, appended.outcome, &progress)
            return .success(appended)
        }
        rememberOwed()
        switch result {
        case .success(let appended): return core.finish(appended)
        case .failure(let fault): return core.refuse(fault)
        }
    }

    private func append(_ record: Record<String>, _ again: Owed?) -> Appended {
        guard let again else { return core.queue.append(record, isOwedIfShed: true) }
        let whole = core.queue.appendOwed(record, hadPayload: false)
        guard whole.outcome == .shed else { return whole }
        return core.queue.appendOwed(again.record, hadPayload: again.hadPayload)
    }

    /// What is tried again was counted when it was shed.
    private func shed(_ record: Record<String>, _ again: Owed?) -> Appended {
        again == nil ? core.queue.countShed(record.event, isOwed: true) : Appended(outcome: .shed)
    }

    private func take(
        _ next: Status, _ record: Record<String>, _ outcome: RecordingOutcome, _ progress: inout Progress
    ) {
        switch outcome {
        case .queued: (progress.queued, progress.owed) = (next, [])
        case .shed where progress.again(next, record.event.kind) != nil: break
        case .shed where entity.allows(from: progress.queued, to: next): progress.owed = [Owed(next, record)]
        case .shed: progress.owed.append(Owed(next, record))
        // What was refused has not happened: the same step may be tried again, smaller.
        case .closed, .refused: break
        }
    }

    private func change<Result>(_ body: (inout Progress) -> Result) -> Result {
        progress.withLock { progress in
            let before = progress.owed
            defer {
                isClear.store(progress.queued != nil && progress.owed.isEmpty, ordering: .releasing)
                count(before, progress)
                if progress.owed.isEmpty { progress.isGivenUp = false }
            }
            return body(&progress)
        }
    }

    /// What is owed is lost if the process dies: it is counted until it is recorded.
    private func count(_ before: [Owed], _ progress: Progress) {
        let steps = progress.owed.count - before.count
        guard steps != 0, let any = before.first ?? progress.owed.first else { return }
        let workflow = any.record.event.workflow
        if progress.isGivenUp { core.queue.noteLost(workflow, steps) } else { core.queue.noteOwed(workflow, steps) }
    }

    private func rememberOwed() {
        guard !isClear.load(ordering: .acquiring) else { return }
        progress.withLock { progress in
            guard !progress.owed.isEmpty, !progress.isRemembered else { return }
            progress.isRemembered = core.owed.add(self)
            if !progress.isRemembered { giveUp(&progress) }
        }
    }

    /// Counts what is owed as lost: it is recorded only if this workflow or node comes to its next step. Returns whether
    /// something was.
    func giveUp() -> Bool {
        progress.withLock { giveUp(&$0) }
    }

    @discardableResult
    private func giveUp(_ progress: inout Progress) -> Bool {
        guard let any = progress.owed.first, !progress.isGivenUp else { return false }
        progress.isGivenUp = true
        core.queue.giveUpOwed(any.record.event.workflow, progress.owed.count)
        return true
    }

    private func fault(_ current: Status?, _ next: Status) -> RecordFault {
        RecordFault(
            .illegalTransition,
            "\(entity.rawValue) \(id) cannot go from \(current?.name ?? "nothing") to \(next.name)")
    }
}
