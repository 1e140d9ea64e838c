internal import Synchronization
public import TracewireProtocol

/// A workflow that is being recorded. It may be used from any thread, and for as long as one likes.
public final class WorkflowHandle: Sendable {
    private struct Results {
        var userIntent: JSONText?
        var finalItinerary: JSONText?
    }

    /// The workflow in whose scope the task runs; see ``TracewireClient/withWorkflow(_:user:userInput:inputType:timeSettings:dateTheme:userIntent:searchRadius:tags:metadata:isolation:_:)``.
    @TaskLocal public static var current: WorkflowHandle?

    public let id: Identifier
    let core: ClientCore
    private let gate: TransitionGate
    private let lastOrder = Atomic<Int64>(0)
    private let results = Mutex(Results())
    private let user: UserIntroduction

    init(_ core: ClientCore) {
        self.core = core
        id = core.isSilent ? .zero : Identifier(milliseconds: WallClock.nowMs())
        user = UserIntroduction(core)
        gate = TransitionGate(.workflow, id, core, parent: user)
    }

    /// A workflow that another process has begun, and will end.
    ///
    /// - Parameter executionOrder: the nodes made here stand behind it.
    init(_ core: ClientCore, continuing id: Identifier, after executionOrder: Int64) {
        self.core = core
        self.id = id
        user = UserIntroduction(core)
        gate = TransitionGate(.workflow, id, core, parent: user, reached: .running)
        lastOrder.store(executionOrder, ordering: .relaxed)
    }

    /// Whether what is said of the workflow is recorded. Not so where the client is switched off, the workflow is not among
    /// those that are sampled, or there is none.
    public var isRecording: Bool { !core.isSilent }

    /// That of the task, or one that records nothing.
    static var currentOrSilent: WorkflowHandle { current ?? WorkflowHandle(.silent) }

    func start(_ event: WorkflowStart<String>, at atMs: Int64 = WallClock.nowMs()) {
        guard isRecording else { return }
        var event = event
        event.workflow = id
        if let username = event.username { user.introduce(username) }
        let start = core.policy.apply(event)
        _ = gate.move(to: .running, at: atMs) { _ in .workflowStart(start) }
    }

    /// Ends the workflow as its scope did, unless it was ended before; what there was no room for then is tried again.
    func endScope(_ status: Status) {
        if self.status == .running { end(status) } else { gate.settle() }
    }

    /// Where the workflow is at, as far as this handle knows.
    public var status: Status { gate.current ?? .running }

    /// What was understood of the user's wish; recorded when the workflow ends.
    public func setUserIntent(_ intent: JSONText) {
        results.withLock { $0.userIntent = intent }
    }

    /// What came out in the end; recorded when the workflow ends.
    public func setFinalItinerary(_ itinerary: JSONText) {
        results.withLock { $0.finalItinerary = itinerary }
    }

    /// Makes a node that waits for its turn: ``NodeHandle/start(input:)-(JSONText?)`` or ``NodeHandle/skip()`` is next.
    ///
    /// - Parameters:
    ///   - name: what the reports group by; at most 1,024 bytes, as is `type`.
    ///   - executionOrder: where it stands among the workflow's nodes; by default behind those made before.
    public func pendingNode(
        _ name: String, type: String, executionOrder: Int64? = nil, tags: JSONText? = nil, metadata: JSONText? = nil
    ) -> NodeHandle {
        let node = makeNode(name, type, executionOrder, tags, metadata)
        _ = node.wait()
        return node
    }

    /// Makes a node that runs at once.
    public func startNode(
        _ name: String, type: String, input: JSONText? = nil, executionOrder: Int64? = nil, tags: JSONText? = nil,
        metadata: JSONText? = nil
    ) -> NodeHandle {
        let node = makeNode(name, type, executionOrder, tags, metadata)
        _ = node.start(input: input)
        return node
    }

    func makeNode(
        _ name: String, _ type: String, _ order: Int64?, _ tags: JSONText?, _ metadata: JSONText?
    ) -> NodeHandle {
        let order = order ?? lastOrder.wrappingAdd(1, ordering: .relaxed).newValue
        let description = NodeDescription(
            nodeName: name, nodeType: type, executionOrder: order, tags: tags?.text, metadata: metadata?.text)
        return NodeHandle(self, core.policy.apply(description))
    }

    /// Records a call of a model outside of any node. Its `generation`, where zero, and `workflow` are filled in.
    @discardableResult
    public func recordGeneration(_ generation: Generation<String>) -> RecordingOutcome {
        guard isRecording else { return .closed }
        return record(generation, node: .zero, isSettled: gate.settleBeginning())
    }

    /// - Parameter isSettled: whether the collector can know of the workflow and the node.
    func record(_ generation: Generation<String>, node: Identifier, isSettled: Bool) -> RecordingOutcome {
        var generation = generation
        generation.workflow = id
        generation.node = node
        if generation.generation == .zero {
            generation.generation = Identifier(milliseconds: WallClock.nowMs())
        }
        let event = Event.generation(generation)
        return isSettled ? core.record(event) : core.shed(event)
    }

    /// Ends the workflow.
    ///
    /// - Parameter status: `completed`, `failed` or `cancelled`; anything else is refused.
    @discardableResult
    public func end(
        _ status: Status = .completed, userIntent: JSONText? = nil, finalItinerary: JSONText? = nil
    ) -> RecordingOutcome {
        end(status, userIntent, finalItinerary, at: WallClock.nowMs())
    }

    func end(
        _ status: Status, _ userIntent: JSONText?, _ finalItinerary: JSONText?, at atMs: Int64
    ) -> RecordingOutcome {
        guard isRecording else { return .closed }
        var end = WorkflowEnd<String>()
        end.workflow = id
        end.status = status.rawValue
        let results = results.withLock { $0 }
        end.userIntent = (userIntent ?? results.userIntent)?.text
        end.finalItinerary = (finalItinerary ?? results.finalItinerary)?.text
        let masked = core.policy.apply(end)
        return gate.move(to: status, at: atMs) { _ in .workflowEnd(masked) }
    }
}

extension WorkflowHandle: Beginning {
    /// Whether what nodes and generations rest on is in the queue, the user and the start: what was shed of it is tried
    /// again.
    func settleBeginning() -> Bool { gate.settleBeginning() }
}
