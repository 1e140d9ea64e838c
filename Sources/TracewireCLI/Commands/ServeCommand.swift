internal import ArgumentParser
internal import Configuration
internal import Glibc
internal import Logging
internal import ServiceLifecycle
internal import SystemPackage
internal import TracewireCollector
internal import TracewireStore
internal import UnixSignals

/// `tracewire serve`
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Runs a collector.",
        discussion: """
            When it is ready, one line on standard output says where it listens and which database it keeps. SIGINT or \
            SIGTERM stops it: what has arrived is committed and acknowledged first.

              tracewire serve
              tracewire serve --listen 127.0.0.1:5000 --database ./traces.db --fail-silent-after 24h

            A setting is taken from the command line, else from the environment (TRACEWIRE_LISTEN_HOST, \
            TRACEWIRE_LISTEN_PORT, TRACEWIRE_QUERY_TIMEOUT_SECONDS, …), else from --config, a JSON object with the same \
            names in lower case (listen_host, listen_port, query_timeout_seconds, …), else its default holds.
            """)

    @Option(
        help: ArgumentHelp(
            "Where to listen; port 0 lets the system choose. Default: 127.0.0.1:4747.", valueName: "host:port"))
    var listen: NetworkAddress?

    @Option(
        help: ArgumentHelp(
            "The database file, made if it is missing. Default: $XDG_DATA_HOME/tracewire/tracewire.db, else "
                + "~/.local/share/tracewire/tracewire.db.", valueName: "path"))
    var database: String?

    @Option(help: ArgumentHelp("A JSON file with settings.", valueName: "file"))
    var config: String?

    @Flag(help: "Allow an address that other machines reach, although nothing protects it.")
    var insecure = false

    @Option(
        help: ArgumentHelp(
            "Fail running workflows of which the collector heard nothing for that long, such as 24h. Default: never.",
            valueName: "time"))
    var failSilentAfter: DurationArgument?

    @Option(help: "What goes to standard error: messages of that level and above.")
    var logLevel = LogLevel.notice

    enum LogLevel: String, CaseIterable, ExpressibleByArgument {
        case trace, debug, info, notice, warning, error, critical
    }

    func run() async throws {
        let configuration = try await collectorConfiguration()
        let logger = Diagnostics.logger(Logger.Level(rawValue: logLevel.rawValue) ?? .notice)
        do {
            let collector = try Collector(configuration, logger: logger)
            let service = AnnouncedCollector(collector: collector, database: configuration.databasePath)
            let group = ServiceGroup(
                configuration: ServiceGroupConfiguration(
                    services: [service], gracefulShutdownSignals: [.sigint, .sigterm],
                    logger: Diagnostics.quietLogger))
            try await group.run()
        } catch let error as CollectorError {
            throw CommandFailure(error, database: configuration.databasePath)
        }
    }

    private func collectorConfiguration() async throws -> CollectorConfiguration {
        var configuration = CollectorConfiguration(databasePath: try database ?? DefaultDatabase.path())
        var providers: [any ConfigProvider] = [EnvironmentVariablesProvider().prefixKeys(with: "tracewire")]
        if let config { providers.append(try await Self.file(config)) }
        configuration.apply(ConfigReader(providers: providers))
        if let listen { (configuration.listenHost, configuration.listenPort) = (listen.host, listen.port) }
        if insecure { configuration.allowsInsecure = true }
        if let failSilentAfter { configuration.failSilentAfter = .milliseconds(failSilentAfter.milliseconds) }
        return configuration
    }

    private static func file(_ path: String) async throws -> any ConfigProvider {
        do {
            return try await FileProvider<JSONSnapshot>(filePath: FilePath(path))
        } catch {
            throw CommandFailure(.failed, "cannot use \(path): a configuration is a file with one JSON object")
        }
    }
}

extension CommandFailure {
    /// Why a collector did not start; the sentence names the database if it is the trouble.
    init(_ error: CollectorError, database: String) {
        let message = error.cause?.message ?? error.message
        let isNamed = error.cause == nil || message.contains(database)
        self.init(.failed, isNamed ? message : "\(database): \(message)")
    }
}

/// Starts the collector once signals are watched for, and says that it is ready.
private struct AnnouncedCollector: Service {
    let collector: Collector
    let database: String

    func run() async throws {
        let address = try await collector.start()
        let output = Output.standard()
        try output.line(
            "tracewire listens on \(NetworkAddress(host: address.host, port: address.port)), database \(database)")
        try output.flush()
        try await collector.run()
    }
}
