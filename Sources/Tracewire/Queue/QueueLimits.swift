internal import TracewireProtocol

/// What bounds a queue.
struct QueueLimits: Sendable {
    /// A record up to this size is about the life of a workflow, not about its contents.
    static let lifecycleBytes = 1024

    /// Bytes of records in the process's memory.
    let memory: Int
    /// Bytes of records in the spool's files.
    let disk: Int
    let batchBytes: Int
    let batchRecords: Int
    /// Of an ordinary segment.
    let segmentBytes: Int

    /// What records with payloads may fill of `limit`: the last eighth is kept for the small ones that say how things
    /// ended.
    private static func payloadRoom(_ limit: Int) -> Int { limit - limit / 8 }

    /// How far a record of that size may fill what is limited so.
    static func room(_ size: Int, of limit: Int) -> Int {
        size <= lifecycleBytes ? limit : payloadRoom(limit)
    }

    /// Why a record of that size can never be sent; `nil` if it can.
    func fault(_ size: Int, onDisk: Bool) -> RecordFault? {
        let limit = min(Limits.recordBytes, Self.payloadRoom(onDisk ? disk : memory))
        guard size > limit else { return nil }
        return RecordFault(
            .tooLarge, "the record has about \(size) bytes, more than the \(limit) that the limits leave for one")
    }
}

extension EventKind {
    /// What a record counts as at least: a call of a model, however small, must leave the last room to what says how
    /// workflows and nodes end.
    var leastSize: Int { self == .generation ? QueueLimits.lifecycleBytes + 1 : 0 }
}
