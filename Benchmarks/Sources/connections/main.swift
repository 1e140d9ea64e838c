// Sends runs to a collector from many connections at once, each with a client of its own.
//
//     connections PORT CONNECTIONS RUNS_EACH
//
// Prints how many records were committed once every client has been told of all of its own.

import Tracewire

let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }
guard arguments.count == 3 else {
    print("usage: connections PORT CONNECTIONS RUNS_EACH")
    throw UsageError()
}

struct UsageError: Error {}

let (port, connections, runs) = (arguments[0], arguments[1], arguments[2])
let place: JSONText = ["name": "성수 미술관", "rating": 4.5]
let state: JSONText = ["candidates": .array(Array(repeating: place, count: 100))]
let clients = (0..<connections).map { _ in
    var configuration = TracewireConfiguration()
    configuration.port = port
    configuration.spool = .memory
    configuration.connectTimeout = .seconds(60)
    return TracewireClient(configuration)
}
for _ in 0..<runs {
    for client in clients {
        await client.withWorkflow("planner") { workflow in
            for place in 0..<8 {
                await workflow.withNode("node\(place)", type: "tool") { $0.setState(state) }
            }
        }
    }
}
var committed: UInt64 = 0
await withTaskGroup(of: UInt64.self) { group in
    for client in clients { group.addTask { UInt64(await client.shutdown(timeout: .seconds(120)).committed) } }
    for await count in group { committed += count }
}
print("\(committed) records committed over \(connections) connections")
