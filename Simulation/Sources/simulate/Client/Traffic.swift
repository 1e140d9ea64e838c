import TracewireProtocol

/// What programs record: runs of all sorts, legal and not, each of whose events may come from any program.
final class Traffic {
    private unowned let world: World
    private var queues: [[Record<String>]]
    private var sent: [Record<String>] = []
    private var lastIdentity: UInt64 = 0
    private var clock: Int64 = 1_760_000_000_000
    private var knownWorkflows: [Identifier] = []

    init(_ world: World) {
        self.world = world
        queues = []
        queues.append(["kim", "lee", "cho"].map { Record(atMs: tick(), event: .user(User(username: $0))) })
        for _ in 0..<world.conditions.runs { queues.append(run()) }
    }

    /// What is recorded next; `nil` when all was.
    func next() -> Record<String>? {
        let waiting = queues.indices.filter { !queues[$0].isEmpty }
        if world.random.chance(world.conditions.illegal), let odd = oddity() { return odd }
        guard let place = waiting.isEmpty ? nil : world.random.pick(waiting) else { return nil }
        let record = queues[place].removeFirst()
        sent.append(record)
        return record
    }

    // MARK: What is as it should be

    private func tick() -> Int64 {
        clock += Int64(world.random.within(1...500))
        return clock
    }

    private func identity() -> Identifier {
        lastIdentity += 1
        return Identifier(high: 0x0199_c83c_0000_7000, low: 0x8000_0000_0000_0000 | lastIdentity)
    }

    private func run() -> [Record<String>] {
        var start = WorkflowStart<String>()
        start.workflow = identity()
        start.name = world.random.pick(["planner", "other"])
        start.username = world.random.pick([nil, nil, "kim", "lee", "cho", "park"])
        start.userInput = payload()
        start.tags = world.random.pick([nil, "[\"a\"]"])
        knownWorkflows.append(start.workflow)
        var records = [Record(atMs: tick(), event: Event<String>.workflowStart(start))]
        for order in 0..<world.random.within(0...4) { records += node(of: start.workflow, Int64(order)) }
        if world.random.chance(800) { records.append(end(of: start.workflow)) }
        if world.random.chance(300) { records.append(call(start.workflow, .zero)) }
        return records
    }

    private func end(of workflow: Identifier) -> Record<String> {
        var end = WorkflowEnd<String>()
        end.workflow = workflow
        end.status = world.random.pick([Status.completed, .failed, .cancelled]).rawValue
        end.finalItinerary = json()
        return Record(atMs: tick(), event: .workflowEnd(end))
    }

    private func node(of workflow: Identifier, _ order: Int64) -> [Record<String>] {
        let node = identity()
        let description = NodeDescription(
            nodeName: world.random.pick(["search", "plan"]), nodeType: order % 2 == 0 ? "tool" : "llm",
            executionOrder: order)
        var records: [Record<String>] = []
        var start = NodeStart<String>()
        (start.node, start.workflow, start.inputData) = (node, workflow, json())
        if world.random.chance(500) {
            var pending = NodePending<String>()
            (pending.node, pending.workflow, pending.description) = (node, workflow, description)
            records.append(Record(atMs: tick(), event: .nodePending(pending)))
            if world.random.chance(200) {
                return records + [Record(atMs: tick(), event: .nodeSkip(NodeSkip(node: node, workflow: workflow)))]
            }
        } else {
            start.description = description
        }
        records.append(Record(atMs: tick(), event: .nodeStart(start)))
        for _ in 0..<world.random.within(0...2) { records.append(call(workflow, node)) }
        if world.random.chance(100) { return records }
        var end = NodeEnd<String>()
        (end.node, end.workflow) = (node, workflow)
        end.status = world.random.pick([Status.completed, .failed]).rawValue
        (end.stateData, end.outputData) = (json(), json())
        end.errorMessage = end.status == Status.failed.rawValue ? payload() : nil
        return records + [Record(atMs: tick(), event: .nodeEnd(end))]
    }

    private func call(_ workflow: Identifier, _ node: Identifier) -> Record<String> {
        var call = Generation<String>()
        (call.generation, call.workflow, call.node) = (identity(), workflow, node)
        call.modelName = world.random.pick(["solar", "gpt"])
        (call.userPrompt, call.output) = (payload(), payload())
        call.totalTokens = Int64(world.random.below(5000))
        call.latencyMs = Int64(world.random.below(9000))
        return Record(atMs: tick(), event: .generation(call))
    }

    private func payload() -> String? {
        if world.random.chance(300) { return nil }
        var numbers = Generator(seed: world.random.next())
        let length = numbers.below(world.conditions.payloadBytes)
        return String(unsafeUninitializedCapacity: length) { bytes in
            for place in 0..<length { bytes[place] = UInt8(ascii: "a") + UInt8(numbers.next() >> 32 & 15) }
            return length
        }
    }

    private func json() -> String? { payload().map { "{\"v\":\"\($0)\"}" } }

    // MARK: What is not

    private func oddity() -> Record<String>? {
        guard !sent.isEmpty else { return nil }
        var record = world.random.pick(sent)
        switch world.random.below(6) {
        // Again as it was: changes nothing.
        case 0: break
        // Again, and another time.
        case 1: record.atMs += 1
        case 2: return end(of: world.random.pick(knownWorkflows))
        case 3:
            var start = NodeStart<String>()
            (start.node, start.workflow) = (identity(), world.random.pick(knownWorkflows))
            (start.description.nodeType, start.inputData) = ("tool", world.random.pick(["{", nil]))
            record = Record(atMs: tick(), event: .nodeStart(start))
        case 4:
            if case .nodeEnd(var end) = record.event {
                (end.workflow, end.status) = (world.random.pick(knownWorkflows), UInt32(world.random.below(9)))
                record.event = .nodeEnd(end)
            }
        default:
            record = Record(
                atMs: tick(),
                event: .user(
                    User(
                        username: world.random.pick(["kim", "lee", "choi"]),
                        email: world.random.pick([nil, "a@example.org", "b@example.org"]))))
        }
        return record
    }
}
