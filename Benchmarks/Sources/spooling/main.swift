import Glibc
import Logging
import Synthetic
import Tracewire

// spooling DIR MEGABYTES
//
// Records runs with no collector there, until their spool in the directory has so many megabytes. Prints how many records
// it took.

let arguments = CommandLine.arguments
guard arguments.count == 3, let megabytes = Int(arguments[2]) else {
    print("usage: spooling DIR MEGABYTES")
    exit(2)
}
var configuration = TracewireConfiguration()
// Nobody listens there.
configuration.address = CollectorAddress(host: "127.0.0.1", port: 1)
configuration.spool = .directory(arguments[1])
configuration.spoolLimit = 16 << 30
let client = TracewireClient(configuration, logger: Logger(label: "spooling") { _ in SwiftLogNoOpLogHandler() })

let runs = SyntheticRuns(count: 4 << 20, days: 30, users: 1000)
for record in runs.userRecords { client.record(record) }
var number = 0
while client.statistics.queuedBytes < megabytes << 20 {
    for _ in 0..<100 {
        for record in runs.run(number).records { client.record(record) }
        number += 1
    }
}
let report = await client.shutdown(timeout: .zero)
guard report.unknown == report.spooled, report.shed == 0, report.payloadsShed == 0 else {
    print("not all of it is in the spool: \(report)")
    exit(1)
}
print(report.spooled)
