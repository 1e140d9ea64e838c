internal import Synchronization
public import TracewireProtocol

/// A node that is being recorded. It may be used from any thread.
public final class NodeHandle: Sendable {
    private struct Progress {
        var startedAt: ContinuousClock.Instant?
        var state: JSONText?
        var output: JSONText?
    }

    /// The node in whose scope the task runs.
    @TaskLocal public static var current: NodeHandle?

    public let id: Identifier
    public let workflow: WorkflowHandle
    private let description: NodeDescription<String>
    private let gate: TransitionGate
    private let progress = Mutex(Progress())

    init(_ workflow: WorkflowHandle, _ description: NodeDescription<String>) {
        self.workflow = workflow
        self.description = description
        id = workflow.core.isSilent ? .zero : Identifier(milliseconds: WallClock.nowMs())
        gate = TransitionGate(.node, id, workflow.core, parent: workflow)
    }

    /// Where the node stands among its workflow's nodes.
    public var executionOrder: Int64 { description.executionOrder ?? 0 }

    /// Whether what is said of the node is recorded.
    public var isRecording: Bool { workflow.isRecording }

    /// Where the node is at, as far as this handle knows.
    public var status: Status { gate.current ?? .pending }

    func wait() -> RecordingOutcome {
        guard isRecording else { return .closed }
        var event = NodePending<String>()
        event.node = id
        event.workflow = workflow.id
        event.description = description
        return gate.move(to: .pending) { _ in .nodePending(event) }
    }

    /// A pending node runs now.
    @discardableResult
    public func start(input: JSONText? = nil) -> RecordingOutcome {
        start(input: input, at: WallClock.nowMs())
    }

    func start(input: JSONText?, at atMs: Int64) -> RecordingOutcome {
        guard isRecording else { return .closed }
        var event = NodeStart<String>()
        event.node = id
        event.workflow = workflow.id
        event.inputData = input?.text
        event = workflow.core.policy.apply(event)
        progress.withLock { if $0.startedAt == nil { $0.startedAt = .now } }
        return gate.move(to: .running, at: atMs) { queued in
            // Of an announcement that was shed nobody knows: the start says then what the node is.
            if queued == nil { event.description = description }
            return .nodeStart(event)
        }
    }

    /// A pending node will not run.
    @discardableResult
    public func skip() -> RecordingOutcome {
        guard isRecording else { return .closed }
        return gate.move(to: .skipped) { _ in .nodeSkip(NodeSkip(node: id, workflow: workflow.id)) }
    }

    /// The workflow's whole state after the node; recorded when the node ends.
    public func setState(_ state: JSONText) {
        progress.withLock { $0.state = state }
    }

    /// What the node made; recorded when it ends.
    public func setOutput(_ output: JSONText) {
        progress.withLock { $0.output = output }
    }

    /// Ends the node, with the time since it started.
    ///
    /// - Parameters:
    ///   - status: `completed` or `failed`; anything else is refused.
    ///   - state: in place of what ``setState(_:)-(JSONText)`` was given; so with `output`.
    @discardableResult
    public func end(
        _ status: Status = .completed, state: JSONText? = nil, output: JSONText? = nil, errorMessage: String? = nil,
        errorTraceback: String? = nil
    ) -> RecordingOutcome {
        guard isRecording else { return .closed }
        let progress = progress.withLock { $0 }
        var event = NodeEnd<String>()
        event.status = status.rawValue
        event.stateData = (state ?? progress.state)?.text
        event.outputData = (output ?? progress.output)?.text
        event.errorMessage = errorMessage
        event.errorTraceback = errorTraceback
        event.durationMs = progress.startedAt.map { ($0.duration(to: .now)).wholeMilliseconds }
        return end(status, event, at: WallClock.nowMs())
    }

    func end(_ status: Status, _ event: NodeEnd<String>, at atMs: Int64) -> RecordingOutcome {
        var event = event
        event.node = id
        event.workflow = workflow.id
        let masked = workflow.core.policy.apply(event)
        return gate.move(to: status, at: atMs) { _ in .nodeEnd(masked) }
    }

    /// Ends the node as its scope did, unless it was ended before; what there was no room for then is tried again.
    func endScope(_ end: () -> Void) {
        if status == .running { end() } else { gate.settle() }
    }

    /// Records a call of a model in this node. Its `generation`, where zero, `workflow` and `node` are filled in.
    @discardableResult
    public func recordGeneration(_ generation: Generation<String>) -> RecordingOutcome {
        guard isRecording else { return .closed }
        return workflow.record(generation, node: id, isSettled: gate.settleBeginning())
    }
}
