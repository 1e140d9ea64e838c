import Glibc
import Logging
import Synchronization
import Tracewire
import TracewireProtocol

// recording SPOOL|memory HOST:PORT CALLS
//
// Says what recording costs the thread that does it: for events without a payload, with one of 5 kB, and where nothing is
// recorded, with 1 to 8 threads at once. One line of JSON for each.

let arguments = CommandLine.arguments
guard arguments.count == 4, let address = CollectorAddress(arguments[2]), let calls = Int(arguments[3]) else {
    print("usage: recording SPOOL|memory HOST:PORT CALLS")
    exit(2)
}

func makeClient(isEnabled: Bool = true) -> TracewireClient {
    var configuration = TracewireConfiguration()
    configuration.address = address
    configuration.spool = arguments[1] == "memory" ? .memory : .directory(arguments[1])
    configuration.spoolLimit = 8 << 30
    configuration.memoryLimit = 1 << 30
    configuration.isEnabled = isEnabled
    return TracewireClient(configuration, logger: Logger(label: "recording") { _ in SwiftLogNoOpLogHandler() })
}

let now: Int64 = 1_770_000_000_000
let workflow = Identifier(milliseconds: now)
let payload = "{\"state\":\"" + String(repeating: "성수 course ", count: 5_000 / 13) + "\"}"

/// A node's end, as the handles record it.
func end(state: String?) -> Record<String> {
    var end = NodeEnd<String>()
    end.node = Identifier(milliseconds: now)
    end.workflow = workflow
    end.status = Status.completed.rawValue
    end.stateData = state
    end.durationMs = 12
    return Record(atMs: now, event: .nodeEnd(end))
}

/// Runs `body` on so many threads at once.
func measure(_ name: String, threads: Int, _ body: @escaping @Sendable (_ calls: Int) -> Cost) {
    let costs = Mutex<[Cost]>([])
    let each = calls / threads
    let group = (0..<threads).map { _ in
        RecordingThread {
            let cost = body(each)
            costs.withLock { $0.append(cost) }
        }
    }
    for thread in group { thread.join() }
    print(Cost.merged(costs.withLock { $0 }).line(name, threads: threads))
}

for threads in [1, 2, 4, 8] {
    let client = makeClient()
    for (name, state) in [("status", nil), ("5 kB", payload)] as [(String, String?)] {
        let record = end(state: state)
        // The first records make the segment.
        _ = Cost.measure(1000) { _ in client.record(record) }
        measure(name, threads: threads) { count in Cost.measure(count) { _ in client.record(record) } }
    }
    let handles = client.startWorkflow("handles")
    measure("node: start and end", threads: threads) { count in
        Cost.measure(count) { _ in _ = handles.startNode("search", type: "tool").end() }
    }
    _ = await client.shutdown(timeout: .zero)
}

let off = makeClient(isEnabled: false)
let nothing = off.startWorkflow("off")
measure("switched off: start and end", threads: 1) { count in
    Cost.measure(count) { _ in _ = nothing.startNode("search", type: "tool").end() }
}
let nothingRecorded = end(state: payload)
measure("switched off: 5 kB", threads: 1) { count in Cost.measure(count) { _ in off.record(nothingRecorded) } }
measure("nothing at all", threads: 1) { count in Cost.measure(count) { _ in } }
