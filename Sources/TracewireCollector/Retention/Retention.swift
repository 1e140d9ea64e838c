internal import TracewireStore

/// Decides what goes next of a database that keeps workflows for so long, or may take so much room; does nothing itself.
///
/// A round removes what is too old; then, where the files take more than they may, the oldest that has ended, until there is
/// some room again; then it makes the files small, and rests.
struct Retention: Equatable {
    /// Why workflows go.
    enum Reason: Equatable {
        case age
        case room
    }

    /// What to do. All but the last are short.
    enum Step: Equatable {
        /// Remove a few workflows that had ended before then, in milliseconds since 1970, the oldest first.
        case prune(Reason, endedBefore: Int64)
        /// Forget a few rejected and waiting records that came before then.
        case forgetRecords(before: Int64)
        /// Take values of removed workflows out of a few segments.
        case clear
        /// Give a few free pages back, but for so many bytes.
        case giveBack(keeping: Int64)
        /// Copy the log into the database and make both small.
        case emptyLog
        /// Nothing is left to be done for now: the next round begins.
        case rest
    }

    private enum Phase: Equatable {
        case workflows
        case records
        case clearing
        case room
    }

    /// To what part of what it may take a database is brought that takes more, in percent: the next records must not be over
    /// it again.
    private static let restingPercent: Int64 = 95
    /// Age is told in steps of a 24th of it, at most an hour: what goes together leaves fewer sums to be made again.
    private static let stepsOfAge: Int64 = 24
    private static let longestStepMs: Int64 = 3_600_000
    /// The files may be that much larger than what is in them and in use, and no more than that part of what they may take, in
    /// percent: it has to have room above ``restingPercent``, with what SQLite keeps beside the log.
    private static let slack = (bytes: Int64(256) << 10, percent: Int64(1))

    let retainMs: Int64?
    let maximumBytes: Int64?
    private(set) var shortage: RetentionTally.Shortage?
    private var phase = Phase.workflows
    /// Whether the files took more than they may in this round.
    private(set) var isReducing = false
    /// Whether a part of a workflow is left, which goes before anything else is decided.
    private var isRemoving = false
    /// What has been done in this round for room, and does not help again.
    private var isExhausted = false
    private var isGivenBack = false
    private var isEmptied = false
    /// Whether somebody read, so that the log could not be emptied.
    private var isLogHeld = false

    init(retainMs: Int64?, maximumBytes: Int64?) {
        self.retainMs = retainMs
        self.maximumBytes = maximumBytes
    }

    /// The next step at that time, for a database that takes that much.
    mutating func next(nowMs: Int64, space: StoreSpace) -> Step {
        let before = retainMs.map { endedBefore(nowMs: nowMs, retainMs: $0) }
        switch (phase, before) {
        case (.workflows, let before?): return .prune(.age, endedBefore: before)
        case (.records, let before?): return .forgetRecords(before: before)
        case (.clearing, _): return .clear
        case (.workflows, nil), (.records, nil), (.room, _): return makeRoom(space)
        }
    }

    /// What came of a step.
    ///
    /// - Parameters:
    ///   - removed: how many workflows or records went.
    ///   - hasMore: whether the same step would find more to do. If no workflow went, that is the rest of one.
    mutating func did(_ step: Step, removed: Int = 0, hasMore: Bool) {
        switch step {
        case .prune(.age, _): phase = hasMore ? .workflows : .records
        case .forgetRecords: phase = hasMore ? .records : .clearing
        case .prune(.room, _):
            isRemoving = removed == 0 && hasMore
            isExhausted = removed == 0 && !hasMore
            phase = isRemoving ? .room : .clearing
        case .clear: phase = hasMore ? .clearing : .room
        case .giveBack: isGivenBack = !hasMore
        case .emptyLog: (isEmptied, isLogHeld) = (true, hasMore)
        case .rest: break
        }
    }

    private mutating func makeRoom(_ space: StoreSpace) -> Step {
        phase = .room
        guard let maximumBytes, isReducing || space.fileBytes > maximumBytes else { return rest(nil) }
        isReducing = true
        let wanted = maximumBytes / 100 * Self.restingPercent
        if isRemoving || space.contentBytes > wanted && !isExhausted { return .prune(.room, endedBefore: .max) }
        let isOver = space.fileBytes > maximumBytes
        let slack = min(Self.slack.bytes, maximumBytes / 100 * Self.slack.percent)
        if isOver || space.fileBytes > space.contentBytes + slack {
            if space.freeBytes > slack / 2, !isGivenBack { return .giveBack(keeping: slack / 2) }
            if space.logBytes > 0, !isEmptied { return .emptyLog }
        }
        guard isOver else { return rest(nil) }
        if space.contentBytes > wanted { return rest(.runningOnly) }
        // What has come since the log was emptied is a matter for the next round.
        return rest(isLogHeld ? .logInUse : nil)
    }

    private mutating func rest(_ shortage: RetentionTally.Shortage?) -> Step {
        self = Retention(retainMs: retainMs, maximumBytes: maximumBytes)
        self.shortage = shortage
        return .rest
    }

    private func endedBefore(nowMs: Int64, retainMs: Int64) -> Int64 {
        let step = max(1, min(retainMs / Self.stepsOfAge, Self.longestStepMs))
        return (nowMs - retainMs) / step * step
    }
}
