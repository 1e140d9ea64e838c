// Fills a database through the collector's store with many small runs: for figures that depend on how much there is.
//
//     fill DATABASE WORKFLOWS [DAYS [USERS]]
//
// Every run has eight nodes that start and end, one of them with a model call. Inputs, states, prompts and outputs have
// 16 to 320 bytes. The runs are spread evenly over the days (90) before 2026-01-01, the users (1,000) and ten names; 4 %
// fail. The same arguments give the same rows.

import Synthetic
import TracewireProtocol
import TracewireStore

let arguments = CommandLine.arguments
guard arguments.count >= 3, let workflows = Int(arguments[2]),
    let days = Int(arguments.count > 3 ? arguments[3] : "90"),
    let users = Int(arguments.count > 4 ? arguments[4] : "1000")
else {
    print("usage: fill DATABASE WORKFLOWS [DAYS [USERS]]")
    throw ExitCode.usage
}

enum ExitCode: Error {
    case usage
}

let clock = ContinuousClock()
let started = clock.now
var filling = try Filling(path: arguments[1])
try filling.fill(SyntheticRuns(count: workflows, days: days, users: users))
print("\(workflows) runs in \(clock.now - started)")
