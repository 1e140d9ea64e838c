#if DistributedTracing
    internal import Tracing
    internal import TracewireProtocol

    /// Which of a span's details have been recorded already.
    struct SpanSaid: Sendable {
        private var attributes = SpanAttributes()
        private var events = 0
        private var links = 0
        private var dropped = 0

        init() {}

        init(_ details: SpanDetails) {
            attributes = details.attributes
            (events, links, dropped) = (details.events.count, details.links.count, details.dropped)
        }

        /// What the details say beyond that, without the attributes of which something else is made.
        func rest(of details: SpanDetails, without isUsed: (String) -> Bool) -> [(String, JSONText)] {
            var members: [(String, JSONText)] = []
            for (name, value) in details.attributes.sorted where !isUsed(name) && attributes.get(name) != value {
                members.append((name, value.json))
            }
            let events = details.events.dropFirst(self.events)
            if !events.isEmpty { members.append(("span.events", .array(events.map { $0.json(without: isUsed) }))) }
            let links = details.links.dropFirst(self.links)
            if !links.isEmpty { members.append(("span.links", .array(links.map(\.json)))) }
            if details.dropped > dropped { members.append(("span.dropped", .integer(Int64(details.dropped)))) }
            return members
        }
    }

    extension SpanEvent {
        fileprivate func json(without isUsed: (String) -> Bool) -> JSONText {
            var members: [(String, JSONText)] = [
                ("name", .string(name)), ("at_ms", .integer(Int64(clamping: millisecondsSinceEpoch))),
            ]
            let attributes = attributes.sorted.filter { !isUsed($0.name) }.map { ($0.name, $0.value.json) }
            if !attributes.isEmpty { members.append(("attributes", .object(members: attributes))) }
            return .object(members: members)
        }
    }

    extension SpanLinkTarget {
        fileprivate var json: JSONText {
            var members: [(String, JSONText)] = [("workflow", .string(workflow.description))]
            if node != .zero { members.append(("node", .string(node.description))) }
            return .object(members: members)
        }
    }

    /// What a span is from its beginning.
    struct SpanOrigin: Sendable {
        let kind: SpanKind
        let startedAtNs: UInt64
        let function: String
        let file: String
        let line: UInt

        var startedAtMs: Int64 { Self.milliseconds(startedAtNs) }

        /// For the metadata of what the span becomes.
        var members: [(String, JSONText)] {
            [("span.kind", .string("\(kind)")), ("span.source", .string("\(file):\(line) \(function)"))]
        }

        func traceback(_ error: SpanError) -> String {
            "\(error.type): \(error.message)\n  in a span at \(file):\(line) \(function)"
        }

        func durationMs(until ns: UInt64) -> Int64 {
            Int64(clamping: (ns > startedAtNs ? ns - startedAtNs : 0) / 1_000_000)
        }

        static func milliseconds(_ ns: UInt64) -> Int64 {
            min(Int64(clamping: ns / 1_000_000), Limits.latestTime)
        }
    }
#endif
