public import TracewireProtocol

/// Why a question or an action was refused, for the `SUMMARY` that answers it.
public struct QueryFault: Error, Equatable, Sendable {
    /// A code of 300 or above, or `storage_unavailable`.
    public let code: Code
    /// One sentence; never a value from a record.
    public let message: String

    /// A refusal with this code; `message` is one sentence.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

/// What an action answers: a small table.
public struct ActionAnswer: Equatable, Sendable {
    /// What the values of the rows mean.
    public let columns: Columns
    /// The rows, few.
    public let rows: Rows
}

// The actions: what is asked like a report, and changes something.
extension StoreWriter {
    /// The names that ``perform(_:arguments:nowMs:)`` knows.
    public static let actions = ["rejected_retry", "rejected_discard", "parked_discard", "prune", "repair"]

    /// Records that one `through` discards, all in one transaction.
    private static let discardedAtATime: Int64 = 1_000

    /// `prune` removes workflows: see ``prune(before:limit:)``. `repair` makes the rollups anew. The others retry or
    /// discard one kept record, named by the integer argument `id`, or discard the oldest, up to 1,000 of those whose
    /// `id` is at most the integer argument `through`.
    ///
    /// Their answer is one row for each record: `id`, `outcome` (`accepted`, `parked`, `rejected` or `discarded`), `code`, `message`. A
    /// record that is rejected again stays where it is.
    /// - Returns: `unknown_report`, `invalid_argument` or `not_found` where there is nothing to do.
    public func perform(
        _ name: String, arguments: [String: Value], nowMs: Int64
    ) throws(StoreError) -> Result<ActionAnswer, QueryFault> {
        guard Self.actions.contains(name) else {
            return .failure(QueryFault(.unknownReport, "there is no action of that name"))
        }
        if name == "prune" { return try prune(arguments) }
        if name == "repair" { return try repair(arguments, nowMs: nowMs) }
        if name == "rejected_retry" { return try retry(arguments, nowMs: nowMs) }
        return try discard(name, arguments)
    }

    private func retry(
        _ arguments: [String: Value], nowMs: Int64
    ) throws(StoreError) -> Result<ActionAnswer, QueryFault> {
        guard case .integer(let id) = arguments["id"], arguments.count == 1 else {
            return .failure(QueryFault(.invalidArgument, "rejected_retry takes one argument, the integer id"))
        }
        guard let verdict = try retry(id, nowMs: nowMs) else { return .failure(Self.missing("rejected", id)) }
        let outcome: String =
            switch verdict.code {
            case .ok: "accepted"
            case .parked: "parked"
            default: "rejected"
            }
        let row: [Value] = [.integer(id), .text(outcome), .text(verdict.code.description), .text(verdict.message)]
        return .success(Self.answer([row]))
    }

    private static func missing(_ kind: String, _ id: Int64) -> QueryFault {
        QueryFault(.notFound, "there is no \(kind) record \(id)")
    }

    private func discard(
        _ name: String, _ arguments: [String: Value]
    ) throws(StoreError) -> Result<ActionAnswer, QueryFault> {
        let kind = name == "parked_discard" ? "parked" : "rejected"
        let condition: String
        switch (arguments.count, arguments["id"], arguments["through"]) {
        case (1, .integer(let id), _): condition = "id = \(id)"
        case (1, _, .integer(let id)): condition = "id <= \(id) ORDER BY id LIMIT \(Self.discardedAtATime)"
        default:
            return .failure(QueryFault(.invalidArgument, "\(name) takes one argument, the integer id or through"))
        }
        let ids = try write { () throws(StoreError) -> [Int64] in
            let selection = try Statement(connection, "SELECT id FROM \(kind)_records WHERE \(condition)")
            var ids: [Int64] = []
            while try selection.step() { ids.append(selection.integer(0)) }
            for id in ids { _ = try kind == "parked" ? applier.parked.delete(id) : applier.rejected.delete(id) }
            return ids
        }
        if case .integer(let id) = arguments["id"], ids.isEmpty { return .failure(Self.missing(kind, id)) }
        let ok = Value.text(Code.ok.description)
        return .success(Self.answer(ids.map { [.integer($0), .text("discarded"), ok, .text("")] }))
    }

    /// Applies a rejected record as if it had just come; `nil` if there is none.
    private func retry(_ id: Int64, nowMs: Int64) throws(StoreError) -> Verdict? {
        guard let record = try applier.rejected.find(id) else { return nil }
        var rejection: Verdict?
        do throws(StoreError) {
            return try write { () throws(StoreError) in
                let verdict = try apply(record, nowMs: nowMs)
                guard !verdict.code.isRejection else {
                    rejection = verdict
                    // Rolls back: the record stays where it is, and is not kept a second time.
                    throw StoreError(.internalFailure, "the record was rejected again")
                }
                _ = try applier.rejected.delete(id)
                return verdict
            }
        } catch {
            guard let rejection else { throw error }
            return rejection
        }
    }

    private func apply(_ record: KeptRecord, nowMs: Int64) throws(StoreError) -> Verdict {
        applier.begin(batches: 1, nowMs: nowMs)
        try record.withOrigin(batch: 0) { (received, origin) throws(StoreError) in
            try applier.apply(received, origin)
            try applier.publish()
        }
        let accepted = Verdict(sequence: record.sequence, index: record.index, code: .ok, message: "")
        return applier.verdicts.first?.first ?? accepted
    }

    private static func answer(_ rows: [[Value]]) -> ActionAnswer {
        ActionAnswer(
            columns: Columns([
                Column(name: "id", declaredType: "INTEGER"), Column(name: "outcome", declaredType: "TEXT"),
                Column(name: "code", declaredType: "TEXT"), Column(name: "message", declaredType: "TEXT"),
            ]),
            rows: Rows(rows))
    }
}
