internal import NIOConcurrencyHelpers
internal import TracewireProtocol

extension RecordQueue {
    /// Takes the payloads out of the oldest segments, one after the other in the background, until there is room.
    func stripPayloads() {
        files.background { [weak self] in
            guard let self, let segment = state.withLockedValue({ $0.beginStripping() }) else { return }
            let stripped = files.strip(segment).flatMap { put($0) ? $0 : nil }
            let (ready, goesOn, isLast) = state.withLockedValue { state in
                let ready = state.finishStripping(stripped)
                return (ready, state.wantsStripping(), state.stripping.isLast)
            }
            for notify in ready { notify() }
            if isLast { return finish() }
            if goesOn { stripPayloads() }
        }
    }

    /// Puts what was written anew in the place of the segment's file. What it lacks is counted before: a process that dies in
    /// between has said too much rather than too little.
    private func put(_ stripped: StrippedSegment) -> Bool {
        state.withLockedValue { $0.countStripped(stripped.shed) }
        guard let unfinished = stripped.unfinished, let file = stripped.segment.file else { return true }
        do throws(SpoolError) {
            try unfinished.replace(file)
            return true
        } catch {
            unfinished.remove()
            state.withLockedValue { $0.countStripped(stripped.shed, by: -1) }
            return false
        }
    }
}

extension SegmentFiles {
    /// Writes a segment anew without its payloads, beside its file where it has one; `nil` where that is not possible, or
    /// frees too little.
    fileprivate func strip(_ segment: Segment) -> StrippedSegment? {
        guard let memory = segment.memory ?? segment.file.flatMap({ memory(of: $0) }) else { return nil }
        var walk = EntryWalk(memory.bytes, segment.start..<segment.end)
        var shed: [ShedRecord] = []
        var records: [[UInt8]] = []
        while let entry = walk.next() {
            let record = ReadBack(memory.bytes, entry)?.record
            if let record, let bare = record.withoutPayload {
                var writer = WireWriter()
                writer.appendBatchEntry(bare)
                records.append(writer.bytes)
                shed.append(ShedRecord(record.event))
            } else {
                records.append([UInt8](memory.bytes[entry]))
            }
        }
        let bytes = SpoolFormat.segmentBytes(forEntries: records.map { SpoolFormat.entryBytes($0.count) })
        guard bytes < segment.capacity / 8 * 7, let made = make(bytes, inPlaceOf: segment, records) else { return nil }
        return StrippedSegment(segment: made.segment, unfinished: made.unfinished, shed: shed)
    }

    private func memory(of file: SegmentFile) -> SegmentMemory? {
        if case .read(let memory, _) = read(file) { memory } else { nil }
    }

    private func make(
        _ bytes: Int, inPlaceOf segment: Segment, _ records: [[UInt8]]
    ) -> (segment: Segment, unfinished: SegmentFile?)? {
        guard let file = segment.file else {
            return SegmentMemory.anonymous(bytes).map { (Self.filled($0, inPlaceOf: segment, records), nil) }
        }
        // Under a name that nobody reads, until it is whole.
        let unfinished = SegmentFile(path: file.path + ".bare")
        guard let memory = try? unfinished.create(bytes) else { return nil }
        var made = Self.filled(memory, inPlaceOf: segment, records)
        _ = made.unload()
        // What it replaces may be on the disk already: a power cut must not leave the name of it to pages that are not.
        guard unfinished.synchronize() else {
            unfinished.remove()
            return nil
        }
        return (made, unfinished)
    }

    private static func filled(_ memory: SegmentMemory, inPlaceOf segment: Segment, _ records: [[UInt8]]) -> Segment {
        var made = Segment(memory, file: segment.file, isBare: true)
        made.open(as: segment.order)
        for record in records {
            record.withUnsafeBytes { bytes in SegmentEntry.make(encoded: bytes) { made.append($0) } }
        }
        return made
    }
}
