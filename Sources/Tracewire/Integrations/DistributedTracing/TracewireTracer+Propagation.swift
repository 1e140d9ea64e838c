#if DistributedTracing
    public import Tracing
    internal import TracewireProtocol

    extension TracewireTracer {
        /// The key under which a context travels to another process: `tracewire-context`.
        public static let contextKey = "tracewire-context"

        /// Puts the workflow and the node of the context's span into a carrier, such as the headers of a request. The
        /// span's start is recorded, if it was not yet.
        public func inject<Carrier, Inject>(
            _ context: InstrumentationContext, into carrier: inout Carrier, using injector: Inject
        ) where Inject: Injector, Inject.Carrier == Carrier {
            guard !core.isSilent, let parent = parent(in: context) else { return }
            injector.inject(RemoteContext(parent.place).description, forKey: Self.contextKey, into: &carrier)
        }

        /// Takes the workflow and the node out of a carrier: a span with this context becomes a node of that workflow,
        /// even before the other process has delivered it. What cannot be read is ignored.
        ///
        /// Take it from those you trust: whoever sends it chooses the workflow.
        public func extract<Carrier, Extract>(
            _ carrier: Carrier, into context: inout InstrumentationContext, using extractor: Extract
        ) where Extract: Extractor, Extract.Carrier == Carrier {
            guard let text = extractor.extract(key: Self.contextKey, from: carrier), let remote = RemoteContext(text)
            else { return }
            context[SpanContextKey.self] = .place(remote.place(core))
        }
    }

    /// A place as text, for another process: `1;workflow;node;order`.
    ///
    /// The order is that of the node, so that those of the other process come after it. Without a node both are 0. A workflow
    /// of zeros is one that is not recorded, there as here.
    struct RemoteContext: Equatable, LosslessStringConvertible {
        private static let version = "1"

        let workflow: Identifier
        let node: Identifier
        let executionOrder: Int64

        init(_ place: SpanPlace) {
            workflow = place.workflow.id
            node = place.node
            executionOrder = place.executionOrder
        }

        init?(_ text: String) {
            let parts = text.split(separator: ";", maxSplits: 4, omittingEmptySubsequences: false)
            guard parts.count == 4, parts[0] == Self.version, let workflow = Identifier(String(parts[1])),
                let node = Identifier(String(parts[2])), let order = Int64(parts[3]),
                // So that there is room for those that come after.
                0...(Limits.largestExecutionOrder / 2) ~= order
            else { return nil }
            (self.workflow, self.node, executionOrder) = (workflow, node, order)
        }

        var description: String { "\(Self.version);\(workflow);\(node);\(executionOrder)" }

        func place(_ core: ClientCore) -> SpanPlace {
            if workflow == .zero { return SpanPlace(WorkflowHandle(.silent)) }
            return SpanPlace(WorkflowHandle(core, continuing: workflow, after: executionOrder), node: node)
        }
    }
#endif
