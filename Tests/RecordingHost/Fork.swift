import Glibc
import Logging
import Tracewire

/// Uses a client in a process that was forked off: there it takes nothing, and what the parent records is not touched.
struct Fork {
    private let client: TracewireClient

    init(_ arguments: [String]) {
        guard arguments.count == 2, let address = CollectorAddress(arguments[1]) else { exit(2) }
        var configuration = TracewireConfiguration()
        configuration.spool = .directory(arguments[0])
        configuration.address = address
        client = TracewireClient(configuration, logger: Logger(label: "fork") { _ in SwiftLogNoOpLogHandler() })
    }

    func run() async -> Never {
        let workflow = client.startWorkflow("forked")
        _ = workflow.pendingNode("before", type: "test")
        let child = Self.fork()
        if child == 0 {
            let isClosed = client.recordUser(username: "child") == .closed
            let node = workflow.startNode("child", type: "test")
            workflow.end()
            _exit(isClosed && !workflow.isRecording && node.end() == .closed ? 0 : 1)
        }
        var status: Int32 = 0
        guard child > 0, waitpid(child, &status, 0) == child, status == 0 else { exit(3) }
        _ = workflow.pendingNode("after", type: "test")
        workflow.end()
        exit(await client.shutdown(timeout: .seconds(60)).isComplete ? 0 : 1)
    }

    /// Swift does not let anybody call it by its name.
    private static func fork() -> pid_t {
        guard let symbol = dlsym(nil, "fork") else { exit(2) }
        return unsafeBitCast(symbol, to: (@convention(c) () -> pid_t).self)()
    }
}
