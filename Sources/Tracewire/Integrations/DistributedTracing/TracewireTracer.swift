#if DistributedTracing
    public import Tracing

    /// A tracer for swift-distributed-tracing: code that is instrumented already shows up as workflows, nodes and
    /// generations.
    ///
    /// ```swift
    /// let client = TracewireClient()
    /// InstrumentationSystem.bootstrap(TracewireTracer(client))
    ///
    /// try await withSpan("date-planner") { span in
    ///     span.attributes["user.id"] = "mina"
    ///     try await withSpan("chat", ofKind: .client) { call in
    ///         call.attributes["gen_ai.request.model"] = "gpt-4o"
    ///         call.attributes["gen_ai.output.messages"] = try await ask()
    ///     }
    /// }
    /// ```
    ///
    /// | span | becomes |
    /// | --- | --- |
    /// | without a parent | a workflow |
    /// | a model call by OpenTelemetry's GenAI conventions | a generation of the nearest node, or else of the workflow |
    /// | any other | a node; its metadata names the node that it is part of as `span.parent_node` |
    ///
    /// A span that begins in the scope of `withWorkflow` or `withNode` of the same client, and in no other span, is part
    /// of that. Where the context has a span, it is part of the span.
    ///
    /// Of these attributes something is made; they may be set at any time unless told otherwise. All others are metadata.
    ///
    /// | attribute | is |
    /// | --- | --- |
    /// | `user.id` or `enduser.id` | the user, of a workflow; before its start is recorded |
    /// | `tracewire.input` | the user's input or the node's; before the start is recorded. Text that is JSON is taken as such; so with the next ones |
    /// | `tracewire.tags` | tags; before the start is recorded |
    /// | `tracewire.state`, `tracewire.output` | the node's state and output, or the workflow's final itinerary |
    /// | `tracewire.node.type` | the node's type, which otherwise is `tool` or `agent` by `gen_ai.operation.name`, or the span's kind; before the start is recorded |
    /// | `gen_ai.provider.name`, `gen_ai.request.model`, `gen_ai.usage.input_tokens`, … | what a generation has a column for |
    ///
    /// The start of a span is recorded, with the time at which it began, when something in it is recorded, when it ends, or
    /// after a delay: by then its attributes say what it is. What is set later, where only the end can say it, is put into
    /// the node's output unless there is a `tracewire.output`, which then stands alone. A workflow's end has no room for
    /// it, nor for an error: they are recorded as a node of type `workflow`.
    ///
    /// A span with an error recorded or the status `error` has failed, unless its status is `ok`; a workflow whose error is
    /// a `CancellationError` is cancelled.
    ///
    /// Of a span 128 attributes, 32 events and 32 links are kept, and the further ones counted in `span.dropped`. Nothing
    /// that a span is asked to do waits or throws, and after its end nothing changes it.
    ///
    /// The tracer keeps its client: run ``TracewireClient/shutdown(timeout:)`` at the end. Needs the package trait
    /// `DistributedTracing`.
    public struct TracewireTracer: Tracer {
        public typealias Span = TracewireSpan

        private let client: TracewireClient
        private let starts: DelayedStarts

        var core: ClientCore { client.core }

        /// - Parameters:
        ///   - client: what records.
        ///   - startDelay: how long the start of a span may wait for its attributes: 1 s. What a process that is killed had
        ///     not recorded by then is lost.
        public init(_ client: TracewireClient, startDelay: Duration = .seconds(1)) {
            self.client = client
            starts = DelayedStarts(startDelay, client.core.sender.eventLoop)
        }

        public func startSpan<Instant: TracerInstant>(
            _ operationName: String, context: @autoclosure () -> InstrumentationContext, ofKind kind: SpanKind,
            at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
        ) -> TracewireSpan {
            let context = context()
            let origin = SpanOrigin(
                kind: kind, startedAtNs: instant().nanosecondsSinceEpoch, function: function, file: fileID, line: line)
            let span = TracewireSpan(operationName, core, parent(in: context), context, origin)
            if !starts.add(span) { span.decide() }
            return span
        }

        public func activeSpan(identifiedBy context: InstrumentationContext) -> TracewireSpan? {
            if case .span(let span) = context[SpanContextKey.self] { span } else { nil }
        }

        /// Sends what waits, without waiting for it.
        public func forceFlush() {
            core.sender.flush()
        }

        /// What a span in this context is part of; `nil` for a span that begins a workflow.
        func parent(in context: InstrumentationContext) -> SpanParent? {
            if let parent = context[SpanContextKey.self] { return parent }
            if let node = NodeHandle.current, node.workflow.core.isOf(core) { return .place(SpanPlace(node)) }
            if let workflow = WorkflowHandle.current, workflow.core.isOf(core) { return .place(SpanPlace(workflow)) }
            return nil
        }
    }
#endif
