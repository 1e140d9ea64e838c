import Tracewire

/// Eight tasks that record as fast as they can.
struct Flood {
    let client: TracewireClient

    /// Returns how many calls they recorded.
    func run(for time: Duration) async -> Int {
        let end = ContinuousClock.now + time
        return await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 { group.addTask { await record(until: end) } }
            return await group.reduce(0, +)
        }
    }

    private func record(until end: ContinuousClock.Instant) async -> Int {
        var call = Generation<String>()
        call.modelName = "gpt-4o"
        call.output = String(repeating: "성수 course ", count: 5_000 / 13)
        return await client.withWorkflow("flood") { workflow in
            var calls = 0
            while ContinuousClock.now < end {
                for _ in 0..<100 { _ = workflow.recordGeneration(call) }
                calls += 100
            }
            return calls
        }
    }
}
