// Asks a collector each of its usual questions some times, and prints how long the answers took inside the collector.
//
//     questions PORT [TIMES]
//
// One JSON object: by question the median, in microseconds, as the answer's summary states it.

import Tracewire

let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }
guard let port = arguments.first else {
    print("usage: questions PORT [TIMES]")
    throw UsageError()
}

struct UsageError: Error {}

let times = arguments.count > 1 ? arguments[1] : 21
let client = try await QueryClient.connect(port: port)
let newest = try await client.rows(of: .sql(text: "SELECT max(id) FROM workflows", parameters: []))
guard case .integer(let last) = newest.first?.first else { throw UsageError() }
let middle = Value.integer(last / 2)

/// Several requests are one question: `show` asks for the run, its nodes and its generations.
let questions: KeyValuePairs<String, [Query.Request]> = [
    "stats users": [.report(name: "stats_users", arguments: [:])],
    "stats nodes": [.report(name: "stats_nodes", arguments: [:])],
    "stats models": [.report(name: "stats_models", arguments: [:])],
    "show": [
        .report(name: "workflow", arguments: ["id": middle]),
        .report(name: "nodes", arguments: ["first": middle, "last": middle]),
        .report(name: "generations", arguments: ["first": middle, "last": middle]),
    ],
    "newest 50 failed": [.report(name: "workflows", arguments: ["status": .text("failed"), "limit": .integer(50)])],
    // Pairs that no run of `fill` has, though each filter alone leaves thousands: nothing may be read for them.
    "failed of a name, none": [
        .report(name: "workflows", arguments: ["status": .text("failed"), "name": .text("planner3")])
    ],
    "of a user and a name, none": [
        .report(name: "workflows", arguments: ["user": .text("user0"), "name": .text("planner3")])
    ],
    "failed of a user, none": [
        .report(name: "workflows", arguments: ["user": .text("user0"), "status": .text("failed")])
    ],
    "newest 50": [.report(name: "workflows", arguments: ["limit": .integer(50)])],
    "status": [.report(name: "status", arguments: [:])],
]
var lines: [String] = []
for (question, requests) in questions {
    var taken: [UInt64] = []
    for _ in 0..<times {
        var total: UInt64 = 0
        for request in requests {
            let answer = try await client.run(request)
            for try await _ in answer.rows {}
            total += try await answer.summary().elapsedUs
        }
        taken.append(total)
    }
    lines.append("\"\(question)\": \(taken.sorted()[taken.count / 2])")
}
print("{\(lines.joined(separator: ", "))}")
await client.close()
