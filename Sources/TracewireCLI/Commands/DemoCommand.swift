internal import ArgumentParser
internal import Tracewire

/// `tracewire demo`
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Runs three date-planner workflows through the SDK, and shows what was recorded of them.",
        discussion: """
            One completes, one fails in a node, one is cancelled. Without --connect or TRACEWIRE_CONNECT a collector of its \
            own is started on a free port, with a database that is gone afterwards.

              tracewire demo
              tracewire demo --connect 127.0.0.1:4747
            """)

    @Option(
        help: ArgumentHelp(
            "Record with that collector instead of one that is started for the demo. Default: TRACEWIRE_CONNECT, if set.",
            valueName: "host:port"), transform: AddressArgument.connecting)
    var connect: CollectorAddress?

    @Option(help: ConnectionOptions.tokenHelp)
    var token: String?

    @OptionGroup var security: TLSOptions

    func run() async throws {
        let access = CollectorAccess(token: token ?? ConnectionEnvironment.token, tls: try security.resolved())
        let session = DemoSession(address: try connect ?? ConnectionEnvironment.addresses().first, access: access)
        try await session.run()
    }
}
