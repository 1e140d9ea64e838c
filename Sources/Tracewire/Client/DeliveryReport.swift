/// What became of everything recorded since the client began.
public struct DeliveryReport: Equatable, Sendable {
    /// Most rejections that a client remembers one by one; further ones are only counted.
    public static let rejectionsKept = 1000

    /// Records that are durable at the collector and visible to queries.
    public var committed = 0
    /// Of the committed ones, those whose verdicts were lost with a connection: the collector lists any that it
    /// rejected or parked.
    public var committedUnseen = 0
    /// Records that the collector keeps until the parent that they name arrives.
    public var parked = 0
    /// Records that the collector keeps as rejected.
    public var rejected = 0
    /// Records lost because the queue was full.
    public var shed = 0
    /// Records that were recorded without what they carried, because the queue was full or they were too large for it: of
    /// a node's end, say, the status and the time were kept, the state was not.
    public var payloadsShed = 0
    /// Records that could never be accepted, and were not sent.
    public var refused = 0
    /// Of the refused ones, those that were queued before the collector said how large a record it takes, and are larger.
    public var oversized = 0
    /// Records without an answer yet.
    public var unknown = 0
    /// Of those, the ones in the spool's files: they survive the process, and are delivered by the next one.
    public var spooled = 0
    /// Records that were in the spool's files and could not be read back.
    public var unreadable = 0
    /// The first ``rejectionsKept`` of the ``rejected`` and ``oversized`` records.
    public var rejections: [Rejection] = []
    /// The last thing that went wrong with the connection, as a sentence; `nil` if all is well.
    public var error: String?

    public init() {}

    /// Whether everything recorded is at the collector, as it was recorded, and accepted or waiting for its parent.
    public var isComplete: Bool {
        rejected == 0 && shed == 0 && payloadsShed == 0 && refused == 0 && unknown == 0 && unreadable == 0
    }
}

extension DeliveryReport: CustomStringConvertible {
    /// One line: the counts that are not 0.
    public var description: String {
        let counts = [
            ("parked", parked), ("rejected", rejected), ("shed", shed), ("without payload", payloadsShed),
            ("refused", refused), ("unreadable", unreadable), ("unknown yet", unknown - spooled), ("spooled", spooled),
        ]
        let others = counts.filter { $0.1 > 0 }.map { ", \($0.1) \($0.0)" }.joined()
        return "\(committed) committed" + others + (error.map { " (\($0))" } ?? "")
    }
}

extension DeliveryReport {
    /// In a child of the client's process.
    static var ofFork: DeliveryReport {
        var report = DeliveryReport()
        report.error =
            "this process was forked off from the one that made the client, and records nothing before it runs a program"
        return report
    }
}
