import TracewireProtocol

@testable import TracewireStore

/// Runs of all sorts, from a seed: over some weeks, by several users and nobody, with nodes that are announced, skipped,
/// failed or never end, calls that come late or twice, and starts that no end follows.
struct RandomTraffic {
    private var generator: SeededGenerator
    private var next: UInt64 = 1
    private let end: Int64
    private let span: Int64
    private(set) var workflows: [(identifier: Identifier, start: Int64)] = []

    /// - Parameter days: how far before `end` the first run may begin.
    init(seed: UInt64, until end: Int64, days: Int64) {
        generator = SeededGenerator(seed: seed)
        self.end = end
        span = days * 86_400_000
    }

    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &generator)]
    }

    mutating func chance(_ percent: Int) -> Bool {
        Int.random(in: 0..<100, using: &generator) < percent
    }

    mutating func time(_ range: Range<Int64>) -> Int64 {
        Int64.random(in: range, using: &generator)
    }

    private mutating func identity() -> Identifier {
        defer { next += 1 }
        return identifier(next)
    }

    static let users = ["kim", "lee", "박"]

    /// The events of some runs, mixed, each run's own in their order.
    mutating func records(runs: Int) -> [Record<String>] {
        var queues = (0..<runs).map { _ in run() }
        var records: [Record<String>] = []
        while let place = queues.indices.randomElement(using: &generator) {
            records.append(queues[place].removeFirst())
            if queues[place].isEmpty { queues.remove(at: place) }
        }
        return records
    }

    /// An event of an earlier run that comes long after the others.
    mutating func late() -> [Record<String>] {
        guard let run = workflows.randomElement(using: &generator) else { return [] }
        return [call(run.identifier, .zero, at: run.start + time(0..<90_000_000))]
    }

    private mutating func run() -> [Record<String>] {
        let workflow = identity()
        var at = end - time(0..<span)
        workflows.append((workflow, at))
        var records = [
            workflowStart(workflow, at: at, name: pick(["planner", "other"]), user: pick([nil] + Self.users))
        ]
        for order in 1...Int.random(in: 1...5, using: &generator) {
            at += time(0..<2_000_000)
            records += node(workflow, order: order, from: &at)
        }
        if chance(80) {
            at += time(0..<100)
            records.append(workflowEnd(workflow, pick([.completed, .completed, .failed, .cancelled]), at: at))
        }
        if chance(20) { records.append(call(workflow, .zero, at: at + time(0..<5_000_000))) }
        return records
    }

    private mutating func node(_ workflow: Identifier, order: Int, from at: inout Int64) -> [Record<String>] {
        let node = identity()
        // The same letters, composed and decomposed: equal as strings, different as names.
        let name = pick(["search", "plan", "\u{d64d}", "\u{1112}\u{1169}\u{11bc}"])
        var records: [Record<String>] = []
        if chance(60) {
            records.append(nodePending(node, in: workflow, at: at, name: name, order: Int64(order)))
            if chance(15) { return records }
            if chance(20) { return records + [nodeSkip(node, in: workflow, at: at + 5)] }
            at += time(0..<4_000_000)
            records.append(nodeStart(node, in: workflow, at: at))
        } else {
            records.append(describedStart(node, in: workflow, at: at, name: name, order: Int64(order)))
        }
        for _ in 0..<Int.random(in: 0...2, using: &generator) {
            let call = call(workflow, node, at: at + time(0..<1_000_000))
            records += chance(10) ? [call, call] : [call]
        }
        if chance(10) { return records }
        at += pick([time(0..<60), time(0..<9_000), time(0..<9_000_000)])
        let status: Status = pick([.completed, .completed, .completed, .failed, .skipped])
        let duration: Int64? = chance(20) ? time(0..<100_000) : nil
        return records + [nodeEnd(node, in: workflow, status, at: at) { $0.durationMs = duration }]
    }

    private mutating func call(_ workflow: Identifier, _ node: Identifier, at: Int64) -> Record<String> {
        let (model, provider) = pick([("gpt-4o", "openai"), ("gpt-4o", nil), ("solar", ""), ("solar", "upstage")])
        let error: String? = chance(10) ? "rate limit" : nil
        let prompt: Int64? = chance(70) ? time(0..<5_000) : nil
        let total: Int64? = chance(70) ? time(0..<9_000) : nil
        let latency: Int64? = chance(90) ? time(0..<20_000) : nil
        return generation(identity(), in: workflow, node: node, at: at) {
            $0.modelName = model
            $0.modelProvider = provider
            $0.errorMessage = error
            $0.promptTokens = prompt
            $0.totalTokens = total
            $0.latencyMs = latency
        }
    }

    /// Cuts `records` into batches of all sizes.
    mutating func batches(_ records: [Record<String>]) -> [[Record<String>]] {
        var rest = records[...]
        var batches: [[Record<String>]] = []
        while !rest.isEmpty {
            let count = min(rest.count, pick([1, 2, 7, 40, 200]))
            batches.append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        return batches
    }
}
