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

    /// `prune` removes workflows: see ``prune(before:limit:)``. `repair` makes the rollups anew. The others retry or
    /// discard one kept record, named by the integer argument `id`.
    ///
    /// Their answer is one row: `id`, `outcome` (`accepted`, `parked`, `rejected` or `discarded`), `code`, `message`. A
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
        guard case .integer(let id) = arguments["id"], arguments.count == 1 else {
            return .failure(QueryFault(.invalidArgument, "\(name) takes one argument, the integer id"))
        }
        let verdict: Verdict?
        switch name {
        case "rejected_retry": verdict = try retry(id, nowMs: nowMs)
        case "rejected_discard": verdict = try discard { () throws(StoreError) in try applier.rejected.delete(id) }
        default: verdict = try discard { () throws(StoreError) in try applier.parked.delete(id) }
        }
        guard let verdict else { return .failure(QueryFault(.notFound, "there is no such record with id \(id)")) }
        return .success(answer(id, verdict, isRetry: name == "rejected_retry"))
    }

    private func discard(_ delete: () throws(StoreError) -> Bool) throws(StoreError) -> Verdict? {
        guard try write(delete) else { return nil }
        return Verdict(sequence: 0, index: 0, code: .ok, message: "")
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

    private func answer(_ id: Int64, _ verdict: Verdict, isRetry: Bool) -> ActionAnswer {
        let outcome: String =
            switch verdict.code {
            case .ok: isRetry ? "accepted" : "discarded"
            case .parked: "parked"
            default: "rejected"
            }
        return ActionAnswer(
            columns: Columns([
                Column(name: "id", declaredType: "INTEGER"), Column(name: "outcome", declaredType: "TEXT"),
                Column(name: "code", declaredType: "TEXT"), Column(name: "message", declaredType: "TEXT"),
            ]),
            rows: Rows([
                [.integer(id), .text(outcome), .text(verdict.code.description), .text(verdict.message)]
            ]))
    }
}
