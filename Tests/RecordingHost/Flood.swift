import Glibc
import Logging
import Tracewire
import TracewireProtocol

/// More load than any collector takes: eight tasks that record calls of a model with 5 kB each, as fast as they can.
struct Flood {
    private let client: TracewireClient
    private let time: Duration
    private let isKilled: Bool

    init(_ arguments: [String]) {
        guard arguments.count == 5, let address = CollectorAddress(arguments[1]), let seconds = Int(arguments[2]),
            let bytes = Int(arguments[3])
        else { exit(2) }
        var configuration = TracewireConfiguration()
        configuration.spool = arguments[0] == "memory" ? .memory : .directory(arguments[0])
        configuration.address = address
        configuration.memoryLimit = bytes
        configuration.spoolLimit = bytes
        client = TracewireClient(configuration, logger: Logger(label: "flood") { _ in SwiftLogNoOpLogHandler() })
        time = .seconds(seconds)
        isKilled = arguments[4] == "kill"
    }

    /// Prints one line: calls, those that were committed, records and payloads that were shed, and the most memory in bytes
    /// that the process had.
    func run() async -> Never {
        let end = ContinuousClock.now + time
        let calls = await withTaskGroup(of: Int.self) { group in
            for number in 0..<8 { group.addTask { record("flood-\(number)", until: end) } }
            return await group.reduce(0, +)
        }
        if isKilled { killWithCounts(calls) }
        let report = await client.shutdown(timeout: .seconds(120))
        print(calls, report.committed, report.shed, report.payloadsShed, Self.peakMemory)
        exit(report.unknown == 0 && report.rejected == 0 ? 0 : 1)
    }

    /// Prints calls, and the records and payloads that were shed, and ends without another word to anybody.
    private func killWithCounts(_ calls: Int) -> Never {
        let counts = client.statistics
        print(calls, counts.shed.values.reduce(0, +), counts.payloadsShed.values.reduce(0, +))
        fflush(nil)
        kill(getpid(), SIGKILL)
        exit(1)
    }

    /// Not `getrusage`'s, which begins with what the process had that started this one.
    private static var peakMemory: Int {
        guard let file = fopen("/proc/self/status", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, 256, file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if text.hasPrefix("VmHWM:") { return (Int(text.filter(\.isNumber)) ?? 0) * 1024 }
        }
        return 0
    }

    private func record(_ name: String, until end: ContinuousClock.Instant) -> Int {
        let workflow = client.startWorkflow(name)
        var call = Generation<String>()
        call.modelName = "gpt-4o"
        call.output = String(repeating: "성수 ", count: 5_000 / 7)
        var calls = 0
        while ContinuousClock.now < end {
            for _ in 0..<100 { _ = workflow.recordGeneration(call) }
            calls += 100
        }
        workflow.end()
        return calls
    }
}
