internal import ArgumentParser
internal import Configuration
internal import Glibc
internal import Logging
internal import ServiceLifecycle
internal import Tracewire
internal import TracewireCollector
internal import TracewireStore
internal import UnixSignals

/// `tracewire serve`
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Runs a collector.",
        discussion: """
            When it is ready, one line on standard output says where it listens and which database it keeps, and with \
            --metrics another one where its figures are; where the log is JSON they are, too. SIGINT or SIGTERM stops it: \
            what has arrived is committed and acknowledged first. A second one ends it at once, as a crash would; clients \
            send again what was not acknowledged.

              tracewire serve
              tracewire serve --listen 127.0.0.1:5000 --database ./traces.db
              tracewire serve --metrics 127.0.0.1:9747
              tracewire serve --tls-certificate cert.pem --tls-key key.pem
              tracewire serve --config settings.json --fail-silent-after 24h
              tracewire serve --retain 30d --max-disk 20G --log-format json

            With --tls-certificate and --tls-key every connection is TLS from its first byte. The files are looked at again \
            every second, and at SIGHUP: new connections get the new certificate, those that stand are not touched. \
            Clients say --tls, or --tls-ca FILE where the certificate is not signed by an authority of their system.

            A setting is taken from the first of these that has it: the command line; the environment, under its name in \
            capitals with TRACEWIRE_ before it (TRACEWIRE_QUERY_ROWS=1000); --config, a JSON object ({"query_rows": 1000}); \
            its default. A value that is not of its form is refused, and so is a name in the file that is no \
            setting; other variables of the environment are passed over.

              SETTING                         FORM            DEFAULT
            \(CollectorSetting.list)
            """)

    @Option(
        help: ArgumentHelp(
            "Where to listen; port 0 lets the system choose. Default: 127.0.0.1:4747.", valueName: "host:port"),
        transform: AddressArgument.listening)
    var listen: CollectorAddress?

    @Option(
        help: ArgumentHelp(
            "Where to answer HTTP: /metrics with the figures of 'tracewire status' for Prometheus, /healthz and /readyz. "
                + "Port 0 lets the system choose. Default: nowhere.", valueName: "host:port"),
        transform: AddressArgument.serving)
    var metrics: CollectorAddress?

    @Option(
        help: ArgumentHelp(
            "The database file, made if it is missing. Default: $XDG_DATA_HOME/tracewire/tracewire.db, else "
                + "~/.local/share/tracewire/tracewire.db.", valueName: "path"), completion: .file())
    var database: String?

    @Option(
        help: ArgumentHelp("A JSON file with settings, as listed above.", valueName: "file"),
        completion: .file(extensions: ["json"]))
    var config: String?

    @Option(
        help: ArgumentHelp("The certificate for TLS with its chain, in PEM. Default: no TLS.", valueName: "file"),
        completion: .file())
    var tlsCertificate: String?

    @Option(help: ArgumentHelp("The certificate's private key, in PEM.", valueName: "file"), completion: .file())
    var tlsKey: String?

    @Option(
        help: ArgumentHelp(
            "Take only clients with a certificate that is signed by one of the authorities in that PEM file.",
            valueName: "file"), completion: .file())
    var tlsClientCa: String?

    @Flag(
        help: """
            Let --listen name an address that other machines reach without TLS, and without tokens while there are none: \
            whoever reaches it may do everything then.
            """)
    var insecure = false

    @Flag(help: "Let --metrics name an address that other machines reach: whoever reaches it may see the figures.")
    var insecureMetrics = false

    @Flag(
        help: """
            Ask everybody for a token (see 'tracewire token'), also on loopback. Beyond loopback it is asked in any case.
            """)
    var requireTokens = false

    @Option(
        help: ArgumentHelp(
            "The tokens file. Default: the database's path with .tokens behind it.", valueName: "file"),
        completion: .file())
    var tokens: String?

    @Option(
        help: ArgumentHelp(
            "Fail running workflows of which the collector heard nothing for that long, such as 24h. Default: never.",
            valueName: "time"))
    var failSilentAfter: DurationArgument?

    @Option(
        help: ArgumentHelp(
            "Delete workflows that ended that long ago, such as 30d, and records that were rejected as long ago. Default: keep "
                + "everything.", valueName: "time"))
    var retain: DurationArgument?

    @Option(
        help: ArgumentHelp(
            "What the database and its log may take on the disk, such as 20G: beyond it, the oldest workflows that have ended "
                + "are deleted. 1M or more. Default: no limit.", valueName: "size"))
    var maxDisk: ByteCountArgument?

    @Option(help: "What goes to standard error: messages of that level and above. Default: notice.")
    var logLevel: LogLevel?

    @Option(help: "How it is written: text, or json with an object a line. Default: text.")
    var logFormat: LogLines?

    func validate() throws {
        guard database?.isEmpty != true else {
            throw ValidationError("--database names a file; leave it out for the default")
        }
        guard failSilentAfter.map({ $0.milliseconds >= 1000 }) ?? true else {
            throw ValidationError("--fail-silent-after is 1s or more")
        }
        guard retain.map({ $0.milliseconds >= 1000 }) ?? true else {
            throw ValidationError("--retain is 1s or more, such as 30d")
        }
        guard maxDisk.map({ $0.bytes >= 1_000_000 }) ?? true else {
            throw ValidationError("--max-disk is 1M or more, such as 20G")
        }
    }

    /// What swift-log has, as an option's words.
    enum LogLevel: String, CaseIterable, ExpressibleByArgument {
        case trace, debug, info, notice, warning, error, critical
    }

    /// The same of ``LogFormat``.
    enum LogLines: String, CaseIterable, ExpressibleByArgument {
        case text, json
    }

    func run() async throws {
        // A file that may grow no further fails the write like a full disk, which the collector survives (setrlimit(2)).
        signal(SIGXFSZ, SIG_IGN)
        // So does a log that nobody reads any more.
        signal(SIGPIPE, SIG_IGN)
        let configuration = try collectorConfiguration()
        let log = LogOutput(
            descriptor: STDERR_FILENO, format: configuration.logFormat,
            bytesPerMinute: configuration.logBytesPerMinute)
        // What is said of a failure comes behind what led to it.
        defer { log.close() }
        let lastWords = LastWords(log: log, format: configuration.logFormat)
        do {
            let collector = try Collector(configuration, logger: log.logger(configuration.logLevel))
            let service = AnnouncedCollector(
                collector: collector, database: configuration.databasePath, isEncrypted: configuration.isEncrypted,
                lastWords: lastWords)
            let group = ServiceGroup(
                configuration: ServiceGroupConfiguration(
                    services: [service], gracefulShutdownSignals: [.sigint, .sigterm],
                    logger: Diagnostics.quietLogger))
            try await group.run()
        } catch let error as CollectorError {
            throw lastWords.said(CommandFailure(error, database: configuration.databasePath))
        } catch let error as Output.WriteFailed {
            throw lastWords.said(CommandFailure(.failed, error.description))
        }
    }

    private func collectorConfiguration() throws -> CollectorConfiguration {
        var settings = CollectorSettings()
        if let config { try settings.take(json: try SettingsFile.bytes(config), from: config) }
        try settings.take(environment: Environment.value)
        var configuration = CollectorConfiguration(databasePath: try databasePath())
        configuration.apply(ConfigReader(provider: settings.provider))
        if let address = listen { (configuration.listenHost, configuration.listenPort) = (address.host, address.port) }
        if let address = metrics {
            (configuration.metricsHost, configuration.metricsPort) = (address.host, address.port)
        }
        configuration.tlsCertificate = tlsCertificate ?? configuration.tlsCertificate
        configuration.tlsKey = tlsKey ?? configuration.tlsKey
        configuration.tlsClientCA = tlsClientCa ?? configuration.tlsClientCA
        try Self.requireWholeTLS(configuration)
        if insecure { configuration.allowsInsecure = true }
        if insecureMetrics { configuration.allowsInsecureMetrics = true }
        if requireTokens { configuration.requiresTokens = true }
        if let tokens { configuration.tokensPath = tokens }
        if let failSilentAfter { configuration.failSilentAfter = .milliseconds(failSilentAfter.milliseconds) }
        if let logLevel { configuration.logLevel = Logger.Level(rawValue: logLevel.rawValue) ?? .notice }
        if let logFormat { configuration.logFormat = LogFormat(rawValue: logFormat.rawValue) ?? .text }
        if let retain { configuration.retain = .milliseconds(retain.milliseconds) }
        if let maxDisk { configuration.maximumDiskBytes = maxDisk.bytes }
        return configuration
    }

    private static func requireWholeTLS(_ configuration: CollectorConfiguration) throws {
        let isWhole = (configuration.tlsCertificate == nil) == (configuration.tlsKey == nil)
        guard isWhole, configuration.isEncrypted || configuration.tlsClientCA == nil else {
            throw CommandFailure(
                .usage, "TLS needs both --tls-certificate and --tls-key (or the settings tls_certificate and tls_key)")
        }
    }

    /// What `--database` names, where a file can be, or the default.
    private func databasePath() throws -> String {
        guard let database else { return try DefaultDatabase.path() }
        try DefaultDatabase.requirePlace(of: database)
        return database
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

/// What the program says at its end: a line of the log where each of them is an object, and for people where they are for people.
private struct LastWords: Sendable {
    let log: LogOutput
    let format: LogFormat

    /// The same failure, once its message needs no other place.
    func said(_ failure: CommandFailure) -> CommandFailure {
        guard format == .json else { return failure }
        log.logger(.error).error("\(failure.message)")
        return CommandFailure(failure.exit, code: failure.code)
    }

    func note(_ message: String) {
        guard format == .json else { return Diagnostics.note(message) }
        log.logger(.notice).notice("\(message)")
        log.close()
    }
}

/// Starts the collector once signals are watched for, and says that it is ready.
private struct AnnouncedCollector: Service {
    let collector: Collector
    let database: String
    let isEncrypted: Bool
    let lastWords: LastWords

    func run() async throws {
        // Also where there is nothing to read again: a terminal that goes away must not end a collector as a crash would.
        let hangups = await UnixSignalsSequence(trapping: .sighup)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in hangups { await collector.reloadCertificates() } }
            // Also while it starts: a database that has to be written anew takes its time.
            group.addTask { try await Impatience.watch(lastWords) }
            group.addTask { try await serve() }
            // Nobody has to watch for signals when the collector has ended.
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func serve() async throws {
        let address = try await collector.start()
        let output = Output.standard()
        let format = lastWords.format
        try output.line(
            format.line(
                "tracewire listens on \(CollectorAddress(host: address.host, port: address.port))"
                    + "\(isEncrypted ? " with TLS" : ""), database \(database)"))
        if let address = collector.metricsAddress {
            let metrics = CollectorAddress(host: address.host, port: address.port)
            try output.line(format.line("metrics at http://\(metrics)/metrics"))
        }
        try output.flush()
        try await collector.run()
    }
}

/// Who asks a collector to stop for the second time does not want to wait for the first.
private enum Impatience {
    /// Returns when the task is cancelled. Once the collector stops, a signal ends the program at once.
    static func watch(_ lastWords: LastWords) async throws {
        guard (try? await gracefulShutdown()) != nil else { return }
        for await signal in await UnixSignalsSequence(trapping: .sigint, .sigterm) {
            lastWords.note("stopped at once; what was not acknowledged is sent again to the next collector")
            // As a shell names the death by a signal. Raised here it would wait: Dispatch's threads block signals.
            _exit(128 + signal.rawValue)
        }
    }
}
