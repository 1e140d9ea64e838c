import Glibc
import Logging
import Tracewire

// flooding SPOOL|memory HOST:PORT SECONDS BYTES
//
// Records calls of a model with 5 kB each for so long, from eight tasks, with that limit: more than a collector takes. Prints
// how many calls it made, how many of them were committed, and how many went without their payload or not at all.

let arguments = CommandLine.arguments
guard arguments.count == 5, let address = CollectorAddress(arguments[2]), let seconds = Int(arguments[3]),
    let limit = Int(arguments[4])
else {
    print("usage: flooding SPOOL|memory HOST:PORT SECONDS BYTES")
    exit(2)
}
var configuration = TracewireConfiguration()
configuration.address = address
configuration.spool = arguments[1] == "memory" ? .memory : .directory(arguments[1])
configuration.memoryLimit = limit
configuration.spoolLimit = limit
let client = TracewireClient(configuration, logger: Logger(label: "flooding") { _ in SwiftLogNoOpLogHandler() })
let calls = await Flood(client: client).run(for: .seconds(seconds))
let report = await client.shutdown(timeout: .seconds(120))
print(calls, report.committed, report.payloadsShed, report.shed)
