import Glibc
import Logging
import Tracewire

/// Ends as a script does that has recorded something and says nothing to its client.
struct Leave {
    private let configuration: TracewireConfiguration
    private let count: Int

    init(_ arguments: [String]) {
        guard arguments.count == 3, let address = CollectorAddress(arguments[1]), let count = Int(arguments[2]) else {
            exit(2)
        }
        var configuration = TracewireConfiguration()
        configuration.spool = arguments[0] == "memory" ? .memory : .directory(arguments[0])
        configuration.address = address
        configuration.exitDrain = .seconds(60)
        (self.configuration, self.count) = (configuration, count)
    }

    func run() -> Never {
        let client = TracewireClient(configuration, logger: Logger(label: "leave") { _ in SwiftLogNoOpLogHandler() })
        let workflow = client.startWorkflow("left")
        for _ in 0..<count { _ = workflow.pendingNode("node", type: "test") }
        // Until then the client is there.
        withExtendedLifetime(client) { exit(0) }
    }
}
