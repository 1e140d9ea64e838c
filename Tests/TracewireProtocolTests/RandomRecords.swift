import TracewireProtocol

/// SplitMix64 (Steele, Lea and Flood, 2014): the same numbers from the same seed on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}

/// Makes values that codecs get wrong: both ends of ranges, emptiness beside absence, text of every kind.
struct RandomValues {
    private var generator: SeededGenerator
    private static let texts = [
        "", "a", "서울에서 데이트", "\0 and \0", "👩‍👩‍👧‍👦🏳️‍🌈", "\u{202e}right to left\u{202c}", "e\u{301} é", "\u{feff}", "\u{10ffff}",
        #"{"key":[1,2.5,null]}"#, String(repeating: "x", count: 127), String(repeating: "가", count: 6000),
    ]

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    mutating func chance(_ percent: Int) -> Bool {
        Int.random(in: 0..<100, using: &generator) < percent
    }

    mutating func below(_ limit: Int) -> Int {
        Int.random(in: 0..<limit, using: &generator)
    }

    mutating func text() -> String {
        Self.texts[below(Self.texts.count)]
    }

    mutating func integer<Integer: FixedWidthInteger>() -> Integer {
        switch below(6) {
        case 0: Integer.min
        case 1: Integer.max
        case 2: 127
        case 3: 0
        default: Integer(truncatingIfNeeded: generator.next() >> UInt64(below(64)))
        }
    }

    mutating func double() -> Double {
        switch below(6) {
        case 0: -0.0
        case 1: .nan
        case 2: -.infinity
        case 3: .leastNonzeroMagnitude
        case 4: 0.1
        default: Double(bitPattern: generator.next())
        }
    }

    mutating func identifier() -> Identifier {
        chance(10) ? .zero : Identifier(milliseconds: integer(), using: &generator)
    }

    mutating func bytes() -> [UInt8] {
        (0..<below(200)).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
    }

    /// A value in most cases, absence in the others.
    mutating func maybe<Wrapped>(_ value: (inout RandomValues) -> Wrapped) -> Wrapped? {
        chance(70) ? value(&self) : nil
    }

    mutating func maybeText() -> String? { maybe { $0.text() } }
    mutating func maybeInteger() -> Int64? { maybe { $0.integer() } }
}

extension RandomValues {
    /// A record of any kind; its values need not be acceptable.
    mutating func record() -> Record<String> {
        let kinds = EventKind.allCases
        return Record(atMs: integer(), event: event(kinds[below(kinds.count)]))
    }

    mutating func event(_ kind: EventKind) -> Event<String> {
        switch kind {
        case .user: .user(User(id: identifier(), username: maybeText(), email: maybeText()))
        case .workflowStart: .workflowStart(workflowStart())
        case .nodePending: .nodePending(nodePending())
        case .nodeStart: .nodeStart(nodeStart())
        case .nodeSkip: .nodeSkip(NodeSkip(node: identifier(), workflow: identifier()))
        case .nodeEnd: .nodeEnd(nodeEnd())
        case .generation: .generation(generation())
        case .workflowEnd: .workflowEnd(workflowEnd())
        case .workflowShed:
            .workflowShed(
                WorkflowShed(
                    workflow: identifier(), source: identifier(), records: maybeInteger(), payloads: maybeInteger()))
        }
    }

    private mutating func workflowStart() -> WorkflowStart<String> {
        var start = WorkflowStart<String>()
        start.workflow = identifier()
        start.username = maybeText()
        start.name = maybeText()
        start.userInput = maybeText()
        start.inputType = maybeText()
        start.timeSettings = maybeText()
        start.dateTheme = maybeText()
        start.userIntent = maybeText()
        start.searchRadius = maybeInteger()
        start.tags = maybeText()
        start.metadata = maybeText()
        return start
    }

    private mutating func description() -> NodeDescription<String> {
        NodeDescription(
            nodeName: maybeText(), nodeType: maybeText(), executionOrder: maybeInteger(), tags: maybeText(),
            metadata: maybeText())
    }

    private mutating func nodePending() -> NodePending<String> {
        var pending = NodePending<String>()
        pending.node = identifier()
        pending.workflow = identifier()
        pending.description = description()
        return pending
    }

    private mutating func nodeStart() -> NodeStart<String> {
        var start = NodeStart<String>()
        start.node = identifier()
        start.workflow = identifier()
        start.description = description()
        start.inputData = maybeText()
        return start
    }

    private mutating func nodeEnd() -> NodeEnd<String> {
        var end = NodeEnd<String>()
        end.node = identifier()
        end.workflow = identifier()
        end.status = UInt32(below(1 << 31))
        end.stateData = maybeText()
        end.outputData = maybeText()
        end.errorMessage = maybeText()
        end.errorTraceback = maybeText()
        end.durationMs = maybeInteger()
        return end
    }

    private mutating func generation() -> Generation<String> {
        var generation = Generation<String>()
        generation.generation = identifier()
        generation.workflow = identifier()
        generation.node = identifier()
        generation.modelName = maybeText()
        generation.modelProvider = maybeText()
        generation.systemPrompt = maybeText()
        generation.userPrompt = maybeText()
        generation.output = maybeText()
        generation.parsedOutput = maybeText()
        generation.temperature = maybe { $0.double() }
        generation.maxTokens = maybeInteger()
        generation.promptTokens = maybeInteger()
        generation.completionTokens = maybeInteger()
        generation.totalTokens = maybeInteger()
        generation.latencyMs = maybeInteger()
        generation.errorMessage = maybeText()
        generation.metadata = maybeText()
        return generation
    }

    private mutating func workflowEnd() -> WorkflowEnd<String> {
        var end = WorkflowEnd<String>()
        end.workflow = identifier()
        end.status = UInt32(below(1 << 31))
        end.userIntent = maybeText()
        end.finalItinerary = maybeText()
        return end
    }
}
