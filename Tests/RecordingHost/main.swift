import Glibc
import Logging
import Tracewire

// RecordingHost SPOOL HOST:PORT PROGRESS NAME COUNT MICROSECONDS start|record
//
// Records a workflow of that name with COUNT nodes that wait, and notes in the file PROGRESS, as 8 bytes, how many of the
// calls have returned. So many MICROSECONDS after it started, or after its first record, it kills itself, as `kill -9` would;
// 0 for never, and then it shuts down.
//
// RecordingHost flood SPOOL HOST:PORT SECONDS BYTES drain|kill
//
// Records as much as it can for so long, with so much room, and says what became of it (Flood.swift).
//
// RecordingHost fork SPOOL HOST:PORT
//
// Records, and forks off a process that tries to (Fork.swift).

// RecordingHost leave SPOOL|memory HOST:PORT COUNT
//
// Records a workflow with COUNT nodes, and ends without a word to its client (Leave.swift).

// A file that may grow no further stands for a full disk, and must not end the process.
signal(SIGXFSZ, SIG_IGN)
let arguments = CommandLine.arguments
if arguments.dropFirst().first == "flood" { await Flood(Array(arguments.dropFirst(2))).run() }
if arguments.dropFirst().first == "fork" { await Fork(Array(arguments.dropFirst(2))).run() }
if arguments.dropFirst().first == "leave" { Leave(Array(arguments.dropFirst(2))).run() }
guard arguments.count == 8, let address = CollectorAddress(arguments[2]), let count = Int(arguments[5]),
    let life = UInt32(arguments[6]), ["start", "record"].contains(arguments[7])
else { exit(2) }
let livesFromStart = arguments[7] == "start"

var configuration = TracewireConfiguration()
configuration.spool = .directory(arguments[1])
configuration.address = address
configuration.segmentBytes = 64 << 10
configuration.batchDelay = .milliseconds(2)
configuration.backoff.initial = .milliseconds(5)
configuration.backoff.maximum = .milliseconds(20)

let progress = open(arguments[3], O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
guard progress >= 0 else { exit(2) }

if life > 0, livesFromStart { killSelf(after: life) }

let client = TracewireClient(configuration, logger: Logger(label: "host") { _ in SwiftLogNoOpLogHandler() })
let workflow = client.startWorkflow(arguments[4])
for number in 1...max(count, 1) {
    _ = workflow.pendingNode("node", type: "test", metadata: .string(String(repeating: "x", count: number % 400)))
    var done = Int64(number)
    pwrite(progress, &done, 8, 0)
    if number == 1, life > 0, !livesFromStart { killSelf(after: life) }
}
let report = await client.shutdown(timeout: .seconds(30))
exit(report.isComplete ? 0 : 1)
