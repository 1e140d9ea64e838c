import TracewireProtocol

@testable import Tracewire

extension TracewireConfiguration {
    /// For a collector of a test: does not wait where that would only make the test slow.
    static func test(port: Int) -> TracewireConfiguration {
        var configuration = TracewireConfiguration()
        configuration.port = port
        configuration.spool = .memory
        // Other tests may hold the threads for long.
        configuration.connectTimeout = .seconds(60)
        configuration.batchDelay = .milliseconds(1)
        configuration.backoff.initial = .milliseconds(1)
        configuration.backoff.maximum = .milliseconds(2)
        return configuration
    }
}

extension RecordQueue {
    static func inMemory(_ limit: Int, batchBytes: Int = 4096, batchRecords: Int = 100, segmentBytes: Int = 1 << 20)
        -> RecordQueue
    {
        let limits = QueueLimits(
            memory: limit, disk: 0, batchBytes: batchBytes, batchRecords: batchRecords, segmentBytes: segmentBytes)
        return RecordQueue(limits, SegmentFiles(nil))
    }

    func batch(_ sequence: UInt64, _ limits: BatchLimits, allowsPartial: Bool) -> NextBatch {
        batch(sequence, limits, allowsPartial: allowsPartial) {}
    }
}

extension Record where Text == String {
    static func user(_ name: String) -> Record {
        Record(atMs: 1, event: .user(User(username: name)))
    }

    /// A node's end whose state has so many bytes.
    static func payload(_ bytes: Int, node: UInt64 = 1) -> Record {
        var end = NodeEnd<String>()
        end.node = Identifier(high: 1, low: node)
        end.workflow = Identifier(high: 2, low: 2)
        end.status = Status.completed.rawValue
        end.stateData = "\"" + String(repeating: "x", count: bytes - 2) + "\""
        return Record(atMs: 1, event: .nodeEnd(end))
    }
}

extension IncomingBatch {
    /// But for reports of what was shed.
    var events: [Event<Slice>] {
        records.compactMap { try? $0.content.get().event }.filter { $0.kind != .workflowShed }
    }

    func text(_ slice: Slice?) -> String? {
        slice.flatMap { String(validating: bytes.span.extracting($0.range)) }
    }

    /// The names of the users recorded.
    var usernames: [String] {
        events.compactMap { if case .user(let user) = $0 { text(user.username) } else { nil } }
    }
}
