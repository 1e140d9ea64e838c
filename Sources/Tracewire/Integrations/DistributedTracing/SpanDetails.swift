#if DistributedTracing
    internal import Tracing
    internal import TracewireProtocol

    /// What a span was told, as far as there is room for it.
    struct SpanDetails: Sendable {
        static let attributeLimit = 128
        static let eventLimit = 32
        static let linkLimit = 32

        var name: String
        private(set) var attributes = SpanAttributes()
        private(set) var events: [SpanEvent] = []
        private(set) var links: [SpanLinkTarget] = []
        /// Attributes, events and links for which there was no room.
        private(set) var dropped = 0
        private(set) var error: SpanError?
        private var status: SpanStatus?
        var isEnded = false

        init(name: String) {
            self.name = name
        }

        /// Takes new values of the attributes that are there, and new attributes while there is room.
        mutating func setAttributes(_ new: SpanAttributes) {
            guard new.count > Self.attributeLimit else {
                attributes = new
                return
            }
            var kept = SpanAttributes()
            for (name, _) in attributes.sorted {
                if let value = new.get(name) { kept.set(name, value: value) }
            }
            for (name, value) in new.sorted where kept.count < Self.attributeLimit { kept.set(name, value: value) }
            dropped += new.count - kept.count
            attributes = kept
        }

        mutating func add(_ event: SpanEvent) {
            guard events.count < Self.eventLimit else {
                dropped += 1
                return
            }
            var event = event
            let excess = event.attributes.count - Self.attributeLimit
            if excess > 0 {
                for (name, _) in event.attributes.sorted.suffix(excess) { event.attributes.set(name, value: nil) }
                dropped += excess
            }
            events.append(event)
        }

        mutating func add(_ link: SpanLinkTarget) {
            guard links.count < Self.linkLimit else {
                dropped += 1
                return
            }
            links.append(link)
        }

        /// The last error counts; one before it becomes an event.
        mutating func fail(_ new: SpanError, _ event: SpanEvent?) {
            if let error { add(SpanEvent(name: "exception", attributes: error.attributes)) }
            error = new
            if let event { add(event) }
        }

        /// `ok` is final, as OpenTelemetry has it.
        mutating func set(_ new: SpanStatus) {
            if status?.code != .ok { status = new }
        }

        var hasFailed: Bool { status?.code == .error || (error != nil && status?.code != .ok) }

        var errorMessage: String? {
            guard hasFailed else { return nil }
            return error?.message ?? status?.message ?? "the span's status is error"
        }

        /// An attribute of the span, or else of one of its events: model calls may say there what was asked and answered.
        func value(_ name: String) -> SpanAttribute? {
            if let value = attributes.get(name) { return value }
            for event in events {
                if let value = event.attributes.get(name) { return value }
            }
            return nil
        }
    }

    struct SpanError: Sendable {
        let message: String
        let type: String
        let isCancellation: Bool

        init(_ error: any Error) {
            message = String(describing: error)
            type = String(reflecting: Swift.type(of: error))
            isCancellation = error is CancellationError
        }

        var attributes: SpanAttributes { ["exception.type": .string(type), "exception.message": .string(message)] }
    }

    struct SpanLinkTarget: Sendable {
        let workflow: Identifier
        /// `zero` for the workflow itself.
        let node: Identifier
    }
#endif
