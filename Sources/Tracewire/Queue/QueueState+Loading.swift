// How segments that are only on disk come back into memory.
extension QueueState {
    /// The segment behind that place, if it is to be read.
    func nextAway(behind order: UInt64) -> SegmentFile? {
        guard !isLoading, let next = segments.first(where: { $0.order > order }), next.memory == nil,
            next.order != stripping.order
        else { return nil }
        return next.file
    }

    /// Notes whom to tell; returns whether to read, rather than wait for what is being read or written.
    ///
    /// It may be written anew since it was found to be away: what would be read now would still have the payloads that are
    /// about to be counted as shed.
    mutating func beginLoading(_ file: SegmentFile, _ whenReady: @escaping @Sendable () -> Void) -> Bool {
        if let order = stripping.order, segments.contains(where: { $0.order == order && $0.file?.path == file.path }) {
            stripping.whenDone.append(whenReady)
            return false
        }
        whenLoaded.append(whenReady)
        defer { isLoading = true }
        return !isLoading
    }

    /// Takes what was read; returns whom to tell.
    mutating func finishLoading(_ file: SegmentFile, _ read: SegmentFiles.ReadSegment) -> [@Sendable () -> Void] {
        if let place = segments.firstIndex(where: { $0.file?.path == file.path }) {
            switch read {
            case .read(let memory, let recovered): fill(place, memory, recovered)
            case .lost: drop(place)
            case .notNow: break
            }
        }
        isLoading = false
        defer { whenLoaded = [] }
        return whenLoaded
    }

    private mutating func fill(_ place: Int, _ memory: SegmentMemory, _ recovered: RecoveredSegment) {
        let before = segments[place].size
        let lost = segments[place].load(memory, recovered)
        release(before - segments[place].size, onDisk: true)
        var lostInBatches = 0
        for index in batches.indices where batches[index].order == segments[place].order {
            batches[index].memory = memory
            let found = EntryWalk.count(memory.bytes, batches[index].range)
            lostInBatches += batches[index].records - found
            batches[index].records = found
        }
        segments[place].untake(records: lostInBatches)
        // What is in batches counts as taken already.
        lose(lost - lostInBatches)
        counts.unreadable += lostInBatches
        isBroken = isBroken || lostInBatches > 0
    }

    /// A segment that cannot be read is gone, and so are the batches that were made of it: those behind them need other
    /// numbers.
    private mutating func drop(_ place: Int) {
        let segment = segments.remove(at: place)
        release(segment.size + segment.unused, onDisk: true)
        let gone = batches.filter { $0.order == segment.order }
        isBroken = isBroken || !gone.isEmpty
        batches.removeAll { $0.order == segment.order }
        lose(segment.records - gone.reduce(0) { $0 + $1.records })
        counts.unreadable += gone.reduce(0) { $0 + $1.records }
    }
}
