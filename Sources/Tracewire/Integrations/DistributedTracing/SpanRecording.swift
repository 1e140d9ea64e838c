#if DistributedTracing
    internal import Tracing
    internal import TracewireProtocol

    /// What a span becomes, and the records of that.
    struct SpanRecording: Sendable {
        private enum Role {
            case workflow(WorkflowHandle)
            case node(NodeHandle)
            /// Recorded when it ends; what happens in it belongs to the place that it belongs to.
            case generation(SpanPlace)
        }

        private let core: ClientCore
        /// `nil` for the span that begins a workflow.
        private let parent: SpanParent?
        private let origin: SpanOrigin
        /// `nil` while nothing is recorded: the attributes may still say what it is.
        private var role: Role?
        /// What the record of the start has said.
        private var said = SpanSaid()

        init(_ core: ClientCore, _ parent: SpanParent?, _ origin: SpanOrigin) {
            (self.core, self.parent, self.origin) = (core, parent, origin)
        }

        mutating func decide(_ details: () -> SpanDetails) {
            _ = decided(details)
        }

        mutating func place(_ details: () -> SpanDetails) -> SpanPlace {
            switch decided(details) {
            case .workflow(let workflow): SpanPlace(workflow)
            case .node(let node): SpanPlace(node)
            case .generation(let place): place
            }
        }

        mutating func end(_ details: SpanDetails, atNs: UInt64) {
            switch decided({ details }) {
            case .workflow(let workflow): end(workflow, details, atNs)
            case .node(let node): end(node, details, atNs)
            case .generation(let place): place.record(generation(details, atNs))
            }
        }

        // MARK: The start

        private mutating func decided(_ details: () -> SpanDetails) -> Role {
            if let role { return role }
            let begun = begin(details())
            role = begun
            return begun
        }

        private mutating func begin(_ details: SpanDetails) -> Role {
            guard let parent else { return .workflow(beginWorkflow(details)) }
            let place = parent.place
            return details.isGeneration ? .generation(place) : .node(beginNode(details, in: place))
        }

        private mutating func beginWorkflow(_ details: SpanDetails) -> WorkflowHandle {
            var event = WorkflowStart<String>()
            event.name = details.recordedName
            event.username = details.user
            event.userInput = details.input?.text
            event.tags = details.tags?.text
            event.metadata = metadata(details).text
            let workflow = WorkflowHandle(core.samples() ? core : .silent)
            workflow.start(event, at: origin.startedAtMs)
            said = SpanSaid(details)
            return workflow
        }

        private mutating func beginNode(_ details: SpanDetails, in place: SpanPlace) -> NodeHandle {
            let parent = place.node == .zero ? [] : [("span.parent_node", JSONText.string(place.node.description))]
            let node = place.workflow.makeNode(
                details.recordedName, details.nodeType ?? "\(origin.kind)", nil, details.tags,
                metadata(details, parent))
            _ = node.start(input: details.input?.structured, at: origin.startedAtMs)
            said = SpanSaid(details)
            return node
        }

        private func metadata(_ details: SpanDetails, _ more: [(String, JSONText)] = []) -> JSONText {
            let isUsed = details.isGeneration ? SpanDetails.isOfGeneration : SpanDetails.isOfStart
            return .object(members: origin.members + more + said.rest(of: details, without: isUsed))
        }

        // MARK: The end

        private func end(_ workflow: WorkflowHandle, _ details: SpanDetails, _ ns: UInt64) {
            let isCancelled = details.hasFailed && details.error?.isCancellation == true
            let rest = said.rest(of: details, without: SpanDetails.isOfEnd)
            if details.isGeneration {
                SpanPlace(workflow).record(generation(details, ns))
            } else if !rest.isEmpty || details.state != nil || details.hasFailed && !isCancelled {
                let node = workflow.makeNode(details.recordedName, "workflow", nil, nil, .object(members: rest))
                _ = node.start(input: nil, at: origin.startedAtMs)
                end(node, details, output: nil, ns)
            }
            let status: Status = isCancelled ? .cancelled : details.hasFailed ? .failed : .completed
            _ = workflow.end(status, nil, details.output, at: SpanOrigin.milliseconds(ns))
        }

        private func end(_ node: NodeHandle, _ details: SpanDetails, _ ns: UInt64) {
            if details.isGeneration {
                SpanPlace(node).record(generation(details, ns))
                end(node, details, output: details.output, ns)
            } else {
                let rest = said.rest(of: details, without: SpanDetails.isOfEnd)
                // Said so because a JSON text can be `nil`, too: that of `null`.
                let late = rest.isEmpty ? JSONText?.none : .object(members: rest)
                end(node, details, output: details.output ?? late, ns)
            }
        }

        private func end(_ node: NodeHandle, _ details: SpanDetails, output: JSONText?, _ ns: UInt64) {
            let status: Status = details.hasFailed ? .failed : .completed
            var event = NodeEnd<String>()
            event.status = status.rawValue
            event.stateData = details.state?.text
            event.outputData = output?.text
            event.errorMessage = details.errorMessage
            event.errorTraceback = details.hasFailed ? details.error.map(origin.traceback) : nil
            event.durationMs = origin.durationMs(until: ns)
            _ = node.end(status, event, at: SpanOrigin.milliseconds(ns))
        }

        private func generation(_ details: SpanDetails, _ ns: UInt64) -> Generation<String> {
            let rest = said.rest(of: details, without: SpanDetails.isOfGeneration)
            var generation = details.generation(.object(members: origin.members + rest))
            generation.latencyMs = origin.durationMs(until: ns)
            return generation
        }
    }
#endif
