internal import NIOConcurrencyHelpers
internal import TracewireProtocol

/// What was recorded and is not acknowledged yet: in the files of a spool, or in memory where there is none.
///
/// The recording side appends from any thread; the sending side, one event loop, takes batches and acknowledges them. A
/// batch that was taken once keeps its sequence and its records until it is acknowledged, so that sending it again is the
/// same batch. Records are encoded outside of the lock, which is held for a copy and across no system call.
final class RecordQueue: Sendable {
    private static let largeRecordBytes = 64 << 10

    let limits: QueueLimits
    let files: SegmentFiles
    /// Not a `Mutex`: on Linux that hands itself over to the thread that has waited longest (`FUTEX_LOCK_PI`), and where many
    /// threads record at once each append costs a switch of threads: 290 µs in place of 1 µs with eight on two cores.
    let state: NIOLockedValueBox<QueueState>

    /// - Parameter recovered: what a process that is gone has left; nothing is appended behind it.
    init(_ limits: QueueLimits, _ files: SegmentFiles, recovered: RecoveredSpool? = nil) {
        (self.limits, self.files) = (limits, files)
        var state = QueueState(limits, files.spool, left: recovered?.shed ?? [])
        if let recovered { state.adopt(recovered) }
        self.state = NIOLockedValueBox(state)
    }

    // MARK: Recording

    /// Appends without waiting. What could not be queued is counted.
    ///
    /// - Parameter isOwedIfShed: whether whoever appends will try again: what is shed is not lost then.
    func append(_ record: Record<String>, isOwedIfShed: Bool = false) -> Appended {
        let size = record.largestEncodedSize
        if let fault = fault(size) { return appendBare(record, fault, isOwedIfShed) }
        // Asked first, so that a large record that will be shed is not encoded for nothing.
        guard size < Self.largeRecordBytes || hasRoom(bytes: size) else { return shed(record, isOwedIfShed) }
        let placement = place(record, size)
        switch placement.outcome {
        case .queued: return Appended(placement)
        case .closed: return Appended(outcome: .closed)
        case .full, .needsSegment: return shed(record, isOwedIfShed)
        }
    }

    private func fault(_ size: Int) -> RecordFault? {
        // What has room in the smallest of queues need not be asked about.
        guard size > QueueLimits.lifecycleBytes else { return nil }
        return limits.fault(size, onDisk: files.spool != nil)
    }

    /// Puts a record into a segment, and makes one if it must.
    func place(_ record: Record<String>, _ size: Int, isOwed: Bool = false) -> Placement {
        let size = max(size, record.event.kind.leastSize)
        return SegmentEntry.make(record) { entry in
            var placement = state.withLockedValue { $0.append(entry, size, isOwed: isOwed) }
            if placement.outcome == .needsSegment { placement = placeInNew(entry, size, isOwed) }
            if placement.wantsSpare { makeSpare() }
            if placement.wantsStripping { stripPayloads() }
            return placement
        } ?? Placement(.full)
    }

    /// Makes a segment, without the lock, and appends to it, unless another thread was faster.
    private func placeInNew(_ entry: SegmentEntry, _ size: Int, _ isOwed: Bool) -> Placement {
        let bytes = max(limits.segmentBytes, SpoolFormat.segmentBytes(forEntry: entry.count))
        guard let segment = files.make(bytes) else { return Placement(.full) }
        let placement = state.withLockedValue { $0.append(entry, size, isOwed: isOwed, opening: segment) }
        if let unused = placement.unused { files.remove([unused]) }
        return placement
    }

    private func makeSpare() {
        let (files, bytes) = (files, limits.segmentBytes)
        files.background { [weak self] in
            let spare = files.make(bytes, isSpare: true)
            let unused = self == nil ? spare : self?.state.withLockedValue { $0.keepSpare(spare) }
            if let unused { files.remove([unused]) }
        }
    }

    /// A record that is too large is about the life of a workflow all the same, or it is refused.
    private func appendBare(_ record: Record<String>, _ fault: RecordFault, _ isOwedIfShed: Bool) -> Appended {
        guard let bare = record.withoutPayload, self.fault(bare.largestEncodedSize) == nil else {
            countRefused()
            return Appended(outcome: .refused(fault))
        }
        var appended = placeBare(bare, isOwedIfShed: isOwedIfShed)
        appended.payloadFault = fault
        return appended
    }

    /// Keeps of a record for which there is no room that it happened, if that is what it is for and fits.
    private func shed(_ record: Record<String>, _ isOwed: Bool) -> Appended {
        let isFirst = state.withLockedValue { $0.beginShedding() }
        // Others may have made room since.
        if let room = files.spool?.room, room.isDue() { files.background { room.look() } }
        var appended =
            record.withoutPayload.map { placeBare($0, isOwedIfShed: isOwed) }
            ?? countShed(record.event, isOwed: isOwed)
        appended.isFirstShed = isFirst
        return appended
    }

    private func placeBare(_ bare: Record<String>, isOwedIfShed: Bool) -> Appended {
        let placement = place(bare, bare.largestEncodedSize)
        switch placement.outcome {
        case .queued:
            countPayloadShed(bare.event)
            return Appended(placement)
        case .closed: return Appended(outcome: .closed)
        case .full, .needsSegment: return countShed(bare.event, isOwed: isOwedIfShed)
        }
    }

    /// Appends a record that was counted as shed, and takes it out of that count. Counts nothing where there is no room.
    ///
    /// - Parameter hadPayload: whether it was recorded with more than is left of it now.
    func appendOwed(_ record: Record<String>, hadPayload: Bool) -> Appended {
        let size = record.largestEncodedSize
        guard fault(size) == nil else { return Appended(outcome: .shed) }
        let placement = place(record, size, isOwed: true)
        switch placement.outcome {
        case .queued:
            forgiveShed(record.event.kind)
            if hadPayload { countPayloadShed(record.event) }
            return Appended(placement)
        case .closed: return Appended(outcome: .closed)
        case .full, .needsSegment: return Appended(outcome: .shed)
        }
    }

    /// A record that was counted as shed is not needed any more.
    func forgiveShed(_ kind: EventKind) {
        state.withLockedValue { state in
            let shed = state.counts.shed[kind, default: 0] - 1
            state.counts.shed[kind] = shed > 0 ? shed : nil
        }
    }

    private func countPayloadShed(_ event: Event<String>) {
        state.withLockedValue { state in
            state.counts.payloadsShed[event.kind, default: 0] += 1
            state.tally.add(event.workflow, payloads: 1)
        }
    }

    /// Counts a record that is shed whatever room there is.
    ///
    /// - Parameter isOwed: whether it will be tried again.
    func countShed(_ event: Event<String>, isOwed: Bool) -> Appended {
        state.withLockedValue { state in
            guard !state.isClosed else { return Appended(outcome: .closed) }
            state.counts.shed[event.kind, default: 0] += 1
            if !isOwed { state.tally.add(event.workflow, records: 1) }
            return Appended(outcome: .shed)
        }
    }

    /// Steps that will be tried again are not, as far as anybody knows.
    func giveUpOwed(_ workflow: Identifier?, _ steps: Int) {
        state.withLockedValue { $0.tally.giveUp(workflow, steps) }
    }

    /// More steps were given up, or were recorded all the same.
    func noteLost(_ workflow: Identifier?, _ steps: Int) {
        state.withLockedValue { $0.tally.add(workflow, records: Int64(steps)) }
    }

    /// Steps of a workflow that were counted as shed will be tried again, or need not be any more.
    func noteOwed(_ workflow: Identifier?, _ steps: Int) {
        state.withLockedValue { $0.tally.owe(workflow, steps) }
    }

    /// Counts a record that a handle refused before it came here.
    func countRefused() {
        state.withLockedValue { $0.counts.refused += 1 }
    }

    /// From now on nothing is appended but, if it takes that, what is owed.
    func close(takesOwed: Bool) {
        state.withLockedValue { $0.close(takesOwed: takesOwed) }
    }
}
