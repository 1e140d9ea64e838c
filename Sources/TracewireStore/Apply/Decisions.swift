internal import TracewireProtocol

// The rules of the domain, one event each. In common:
//
// - An entity that is known already keeps its parent: an event that names another is `wrong_parent`.
// - An event that the status table allows is applied.
// - One that it does not allow is compared with the row. If the row says the same already, it is a repetition, and is
//   accepted without a change. Otherwise it is a `conflicting_duplicate` if the entity is in the very status that the
//   event leads to, and an `illegal_transition` if it is in another.
// - An event whose parent, or whose entity, is unknown is parked.
extension RecordApplier {
    func decide(_ record: Record<Slice>, _ origin: RecordOrigin) throws(StoreError) -> Decision {
        switch record.event {
        case .user(let user): try decide(user, at: record.atMs, origin)
        case .workflowStart(let start): try decide(start, at: record.atMs, origin)
        case .nodePending(let pending): try decide(pending, at: record.atMs, origin)
        case .nodeStart(let start): try decide(start, at: record.atMs, origin)
        case .nodeSkip(let skip): try decide(skip, at: record.atMs)
        case .nodeEnd(let end): try decide(end, at: record.atMs, origin)
        case .generation(let generation): try decide(generation, at: record.atMs, origin)
        case .workflowEnd(let end): try decide(end, at: record.atMs, origin)
        case .workflowShed(let shed): try decide(shed, at: record.atMs)
        }
    }

    /// A user is identified by the name. An email may be added once; an absent one says nothing.
    private func decide(_ user: User<Slice>, at: Int64, _ origin: RecordOrigin) throws(StoreError) -> Decision {
        let username = origin.text(user.username)
        let email = origin.text(user.email)
        guard let known = try users.find(username: username, email: email) else {
            let identifier = user.id == .zero ? Identifier(milliseconds: at) : user.id
            guard let id = try users.insert(identifier, username: username, email: email, at: at) else {
                let what = try users.isTaken(email: email) ? "email" : "identifier"
                return .rejected(.takenByAnotherUser(what, of: username))
            }
            feed.note(.user, row: id)
            try rollups.note(userCreatedAt: at, times: 1)
            try note(.user(String(decoding: username.bytes, as: UTF8.self)))
            return .accepted
        }
        guard let email, !known.isSameEmail else { return .accepted }
        if known.hasEmail { return .rejected(.anotherEmail(username)) }
        let isAdded = try users.addEmail(email, to: known.id, at: at)
        return isAdded ? .accepted : .rejected(.takenByAnotherUser("email", of: username))
    }

    private func decide(
        _ start: WorkflowStart<Slice>, at: Int64, _ origin: RecordOrigin
    ) throws(StoreError) -> Decision {
        if let known = try workflow(start.workflow) {
            try publish()
            let keys = try workflowRows.differences(known, start, at: at, origin)
            return keys.isEmpty
                ? .accepted
                : .rejected(.conflictingDuplicate("workflow", start.workflow, "has started", differsIn: keys))
        }
        var userID: Int64?
        if let username = origin.text(start.username) {
            guard let user = try users.find(username: username, email: nil) else {
                return .parked(.user(String(decoding: username, as: UTF8.self)))
            }
            userID = user.id
        }
        let workflow = try workflowRows.insert(
            start, id: try takeWorkflowID(), userID: userID, at: at, nowMs: nowMs, origin)
        try rollups.note(workflowOf: userID, createdAt: at, .running, completedAt: nil, times: 1)
        feed.note(.workflowStarted, row: workflow.id)
        remember(workflow, start.workflow)
        try note(.workflow(start.workflow))
        return .accepted
    }

    private func decide(_ end: WorkflowEnd<Slice>, at: Int64, _ origin: RecordOrigin) throws(StoreError) -> Decision {
        guard let workflow = try workflow(end.workflow) else { return .parked(.workflow(end.workflow)) }
        guard let status = Status(rawValue: end.status) else { return .rejected(.unknownStatus(end.status)) }
        if StatusEntity.workflow.allows(from: workflow.status, to: status) {
            workflow.status = status
            feed.note(.workflow, status, row: workflow.id)
            try workflowRows.end(workflow, end, at: at, origin)
            try rollups.note(
                endOf: workflow.userID, createdAt: workflow.createdAt, as: status, completedAt: at)
            return .accepted
        }
        guard workflow.status == status, status != .running else {
            return .rejected(.illegalTransition(.workflow, end.workflow, from: workflow.status, to: status))
        }
        try publish()
        let keys = try workflowRows.differences(workflow, end, at: at, origin)
        return keys.isEmpty
            ? .accepted : .rejected(.conflictingDuplicate("workflow", end.workflow, "has ended", differsIn: keys))
    }

    /// It may come after the workflow ended, and as often as one likes.
    private func decide(_ shed: WorkflowShed, at: Int64) throws(StoreError) -> Decision {
        guard let workflow = try workflow(shed.workflow) else { return .parked(.workflow(shed.workflow)) }
        try sheds.note(shed, of: workflow.id, at: at)
        return .accepted
    }

    /// A generation may come after its node or workflow ended. Whether its identifier is new is seen when it is written.
    private func decide(
        _ generation: Generation<Slice>, at: Int64, _ origin: RecordOrigin
    ) throws(StoreError) -> Decision {
        var node: LiveNode?
        if generation.node != .zero {
            node = try self.node(generation.node)
            if let node, node.workflow != generation.workflow {
                return .rejected(.wrongParent(node: generation.node, workflow: generation.workflow))
            }
        }
        guard let workflow = try workflow(generation.workflow) else { return .parked(.workflow(generation.workflow)) }
        if generation.node != .zero && node == nil { return .parked(.node(generation.node)) }
        if writeSet.holds(generation: generation.generation) { try flush() }
        writeSet.append(
            NewGeneration(
                content: generation, at: at, workflowID: workflow.id, node: node, userID: workflow.userID,
                place: feed.reserve(.generation), origin: origin))
        return .accepted
    }
}

extension PinnedText? {
    /// The bytes, none for an absent text.
    var bytes: PinnedText { self ?? PinnedText(start: nil, count: 0) }
}

extension RecordFault {
    static func unknownStatus(_ number: UInt32) -> Self {
        RecordFault(.unknownStatus, "\(number) is not the number of a status")
    }

    static func wrongParent(node: Identifier, workflow: Identifier) -> Self {
        RecordFault(.wrongParent, "node \(node) does not belong to workflow \(workflow)")
    }

    fileprivate static func anotherEmail(_ username: PinnedText?) -> Self {
        let name = String(decoding: username.bytes, as: UTF8.self)
        return RecordFault(.conflictingDuplicate, "user \(name) has another email already")
    }

    fileprivate static func takenByAnotherUser(_ what: String, of username: PinnedText?) -> Self {
        let name = String(decoding: username.bytes, as: UTF8.self)
        return RecordFault(.conflictingDuplicate, "the \(what) of user \(name) is another user's already")
    }
}
