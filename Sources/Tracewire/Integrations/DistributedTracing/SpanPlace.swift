#if DistributedTracing
    internal import Tracing
    internal import TracewireProtocol

    /// A node, or a workflow outside of its nodes: where what happens in a span is recorded.
    struct SpanPlace: Sendable {
        let workflow: WorkflowHandle
        /// `zero` outside of any node.
        let node: Identifier
        /// `nil` outside of any node, and for a node of another process.
        private let handle: NodeHandle?

        init(_ workflow: WorkflowHandle) {
            (self.workflow, node, handle) = (workflow, .zero, nil)
        }

        init(_ node: NodeHandle) {
            (workflow, self.node, handle) = (node.workflow, node.id, node)
        }

        /// A place in another process.
        init(_ workflow: WorkflowHandle, node: Identifier) {
            (self.workflow, self.node, handle) = (workflow, node, nil)
        }

        /// Where the node stands among its workflow's; 0 if that is not known.
        var executionOrder: Int64 { handle?.executionOrder ?? 0 }

        func record(_ generation: Generation<String>) {
            if let handle {
                handle.recordGeneration(generation)
            } else if node == .zero {
                workflow.recordGeneration(generation)
            } else {
                _ = workflow.record(generation, node: node, isSettled: true)
            }
        }
    }

    /// What a span is part of.
    enum SpanParent: Sendable {
        case span(TracewireSpan)
        case place(SpanPlace)

        /// Where the span is recorded. The parent's start is, if it was not yet.
        var place: SpanPlace {
            switch self {
            case .span(let span): span.place()
            case .place(let place): place
            }
        }
    }

    enum SpanContextKey: InstrumentationContextKey {
        typealias Value = SpanParent

        static let nameOverride: String? = "tracewire"
    }
#endif
