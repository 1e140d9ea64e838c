internal import NIOConcurrencyHelpers
internal import TracewireProtocol

// What the sender's event loop calls.
extension RecordQueue {
    /// The batch of that sequence: one taken before, or the next one made of what waits.
    ///
    /// - Parameters:
    ///   - allowsPartial: whether to make a batch of less than a full one.
    ///   - whenReady: called once, on any thread, after the answer was ``NextBatch/away``.
    func batch(
        _ sequence: UInt64, _ limits: BatchLimits, allowsPartial: Bool, whenReady: @escaping @Sendable () -> Void
    ) -> NextBatch {
        let size = (bytes: self.limits.batchBytes, records: self.limits.batchRecords)
        while true {
            switch state.withLockedValue({ $0.source(sequence, limits, allowsPartial: allowsPartial) }) {
            case .empty: return .empty
            case .onlyPartial: return .onlyPartial
            case .mustRenumber: return .mustRenumber
            case .away(let file):
                load(file, whenReady)
                return .away
            case .stripping:
                if state.withLockedValue({ $0.waitForStripping(whenReady) }) { return .away }
            case .again(let batch):
                guard let memory = batch.memory else { return .mustRenumber }
                // All that the batch had was within the size that was set when it was made.
                let assembly = BatchAssembly(memory, batch.range, size: (.max, .max), limits)
                // A collector that takes other records than the one before would get another batch under the same number.
                guard assembly.losses.isLike(batch.losses), assembly.records > 0 else { return .mustRenumber }
                return .batch(QueuedBatch(sequence: sequence, bytes: assembly.bytes, records: assembly.records))
            case .new(let stretch):
                let assembly = BatchAssembly(stretch.memory, stretch.range, size: size, limits)
                guard allowsPartial || assembly.isFull || stretch.isComplete else { return .onlyPartial }
                let taken = state.withLockedValue { $0.take(stretch, assembly) }
                prefetch(behind: stretch.order)
                // Otherwise all of it was left out: there may be more.
                guard let taken else { continue }
                taken.marking?.run()
                return .batch(QueuedBatch(sequence: taken.sequence, bytes: assembly.bytes, records: assembly.records))
            }
        }
    }

    /// Reads the next segment before its turn comes.
    private func prefetch(behind order: UInt64) {
        if let file = state.withLockedValue({ $0.nextAway(behind: order) }) { load(file) {} }
    }

    private func load(_ file: SegmentFile, _ whenReady: @escaping @Sendable () -> Void) {
        guard state.withLockedValue({ $0.beginLoading(file, whenReady) }) else { return }
        files.background { [weak self] in
            guard let self else { return }
            let read = files.read(file)
            let finish: @Sendable () -> Void = { [weak self] in
                let ready = self?.state.withLockedValue { $0.finishLoading(file, read) } ?? []
                for notify in ready { notify() }
            }
            if case .notNow = read { files.later(finish) } else { finish() }
        }
    }

    /// Lets go of all batches up to a sequence, and counts them by their verdicts.
    ///
    /// - Parameter verdicts: `nil` where the collector committed them but its verdicts were lost.
    func acknowledge(through sequence: UInt64, verdicts: [Verdict]?) {
        let (released, place) = state.withLockedValue { state in
            let released = state.release(through: sequence, verdicts)
            if !released.batches.isEmpty { files.spool?.owner.fields.acknowledged = sequence }
            return (released, DeliveryReport.rejectionsKept - state.counts.rejections.count)
        }
        let rejections = released.rejections(verdicts ?? [], place)
        if !rejections.isEmpty { state.withLockedValue { $0.keep(rejections) } }
        files.remove(released.segments)
    }

    /// Takes the sequences back: what is held is numbered from 1, for `producer`.
    func renumber(for producer: Identifier) {
        let marks = state.withLockedValue { state in
            files.spool?.owner.fields.begin(producer)
            return state.renumber()
        }
        for mark in marks { mark.run() }
    }

    /// Whether nothing is held. If so, the next record wakes the sender.
    func rest() -> Bool {
        state.withLockedValue { $0.rest() }
    }

    var sequences: HeldSequences { state.withLockedValue { $0.sequences } }
    var progress: QueueProgress { state.withLockedValue { $0.progress } }
    var spooled: Int { state.withLockedValue { $0.spooled } }
    var counts: DeliveryCounts { state.withLockedValue { $0.counts } }

    #if Metrics
        var spooledBytes: Int { state.withLockedValue { $0.heldOnDisk } }
    #endif

    /// Nothing is sent any more: what is left in the spool is for others.
    ///
    /// A segment that is being written anew is waited for: others must not meet it.
    func finish() {
        let left: (isEmpty: Bool, damaged: [SegmentFile])? = state.withLockedValue { state in
            state.stripping.isLast = true
            guard state.stripping.order == nil else { return nil }
            let damaged = state.segments.filter(\.isDamaged).compactMap(\.file)
            return (state.waitingRecords == 0 && state.batches.isEmpty && !state.tally.hasReports, damaged)
        }
        if let left { files.finish(isEmpty: left.isEmpty, damaged: left.damaged) }
    }

    /// Whether a record of so many bytes would be queued now, or could never be.
    func hasRoom(bytes: Int) -> Bool {
        state.withLockedValue { $0.hasPayloadRoom(bytes) }
    }
}

extension QueueState.Released {
    /// Read back from the records, as many as there is place for.
    fileprivate func rejections(_ verdicts: [Verdict], _ place: Int) -> [Rejection] {
        verdicts.lazy.filter { $0.code.isRejection && $0.sequence >= firstSequence }.prefix(place).compactMap {
            verdict in
            let index = Int(clamping: verdict.sequence - firstSequence)
            return index < batches.count ? batches[index].rejection(verdict) : nil
        }
    }
}
