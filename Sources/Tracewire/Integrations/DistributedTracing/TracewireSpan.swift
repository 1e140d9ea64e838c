#if DistributedTracing
    internal import Synchronization
    public import Tracing
    internal import TracewireProtocol

    /// A span of ``TracewireTracer``. It may be used from any thread.
    public final class TracewireSpan: Tracing.Span {
        private let outerContext: InstrumentationContext
        /// Never held while something is recorded: whoever logs that may ask for the attributes.
        private let details: Mutex<SpanDetails>
        /// Held while the span's own records are made, so that its start comes first. A child holds its own when it asks
        /// for its parent's, never the other way round.
        private let recording: Mutex<SpanRecording>

        init(
            _ name: String, _ core: ClientCore, _ parent: SpanParent?, _ outerContext: InstrumentationContext,
            _ origin: SpanOrigin
        ) {
            self.outerContext = outerContext
            details = Mutex(SpanDetails(name: name))
            recording = Mutex(SpanRecording(core, parent, origin))
        }

        /// The context for what happens in this span.
        public var context: InstrumentationContext {
            // Made anew each time: kept, the span would keep itself.
            var context = outerContext
            context[SpanContextKey.self] = .span(self)
            return context
        }

        public var operationName: String {
            get { details.withLock { $0.name } }
            set { change { $0.name = newValue } }
        }

        public var attributes: SpanAttributes {
            get { details.withLock { $0.attributes } }
            set { change { $0.setAttributes(newValue) } }
        }

        public func setStatus(_ status: SpanStatus) {
            change { $0.set(status) }
        }

        public func addEvent(_ event: SpanEvent) {
            change { $0.add(event) }
        }

        public func recordError<Instant: TracerInstant>(
            _ error: any Error, attributes: SpanAttributes, at instant: @autoclosure () -> Instant
        ) {
            let event =
                attributes.isEmpty ? nil : SpanEvent(name: "exception", at: instant(), attributes: attributes)
            change { $0.fail(SpanError(error), event) }
        }

        /// Names the other span's node or workflow in the metadata. That one's start is recorded, if it was not yet.
        public func addLink(_ link: SpanLink) {
            guard isRecording, let place = link.context[SpanContextKey.self]?.place else { return }
            change { $0.add(SpanLinkTarget(workflow: place.workflow.id, node: place.node)) }
        }

        /// Whether the span has not ended.
        public var isRecording: Bool { details.withLock { !$0.isEnded } }

        public func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
            let isFirst = details.withLock { details in
                defer { details.isEnded = true }
                return !details.isEnded
            }
            guard isFirst else { return }
            let endedAtNs = instant().nanosecondsSinceEpoch
            recording.withLock { $0.end(currentDetails, atNs: endedAtNs) }
        }

        /// Makes of the span what it looks like now, unless that is done.
        func decide() {
            recording.withLock { $0.decide { currentDetails } }
        }

        /// Where what happens in the span is recorded.
        func place() -> SpanPlace {
            recording.withLock { $0.place { currentDetails } }
        }

        private var currentDetails: SpanDetails { details.withLock { $0 } }

        private func change(_ body: (inout SpanDetails) -> Void) {
            details.withLock { if !$0.isEnded { body(&$0) } }
        }
    }
#endif
