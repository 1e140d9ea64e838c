public import Configuration
public import Logging
internal import TracewireProtocol
internal import TracewireStore

/// What an operator may choose. Every value has a default; ``init(reader:)`` takes the others from a configuration.
public struct CollectorConfiguration: Sendable {
    /// The address to listen on. Default `127.0.0.1`.
    public var listenHost = "127.0.0.1"
    /// The port to listen on; 0 for one that the system chooses. Default 4747.
    public var listenPort = 4747
    /// The address where figures and health are asked over HTTP, if ``metricsPort`` names a port. Default `127.0.0.1`.
    public var metricsHost = "127.0.0.1"
    /// The port of it; 0 for one that the system chooses, `nil`, the default, for none.
    public var metricsPort: Int?
    /// The PEM file of the certificate, with its chain, for TLS; `nil`, the default, for none. It is looked at again while the
    /// collector runs, like the two others: new connections get what is in it.
    public var tlsCertificate: String?
    /// The PEM file of its private key.
    public var tlsKey: String?
    /// The PEM file of the authorities one of which must have signed the certificate of each client; `nil`, the default,
    /// where clients need none.
    public var tlsClientCA: String?
    /// The database file. Its directory must exist.
    public var databasePath: String
    /// Whether ``listenHost`` may be beyond loopback although TLS or tokens are missing. Default no.
    public var allowsInsecure = false
    /// Whether ``metricsHost`` may be beyond loopback, where nothing protects the figures. Default no.
    public var allowsInsecureMetrics = false
    /// Whether a token is asked of everybody, also on loopback. Default no: who reaches loopback is the operator. Beyond
    /// loopback it is asked in any case, unless ``allowsInsecure`` and none was made.
    public var requiresTokens = false
    /// The tokens file; `nil`, the default, for the database's path with `.tokens` at its end.
    public var tokensPath: String?
    /// Most projects that are open at a time, the one named `default` among them. Default 16.
    public var maximumProjects = 16
    /// Most connections at a time that share a token. Default 1,024.
    public var tokenConnections = 1024
    /// Raw bytes of batches that all connections of a token may send a second; `nil`, the default, for as many as they can.
    public var tokenBytesPerSecond: Int?
    /// How often in a minute connections of one address may break the protocol, show a token that does not hold, or fail in
    /// the TLS handshake, before all of that address are closed for a minute as they come; 0 for no limit. Default 300.
    public var offencesPerMinute = 300
    /// After how much silence a running workflow is failed; `nil`, the default, for never.
    public var failSilentAfter: Duration?
    /// After how much idleness a producer is forgotten. Default 30 days.
    public var producersExpireAfter: Duration = .seconds(30 * 86_400)
    /// How long a workflow is kept after its end, by the times that its client sent; `nil`, the default, for ever.
    public var retain: Duration?
    /// What the database's files may take, in bytes, before the oldest workflows that have ended go; `nil`, the default, for
    /// all that there is.
    public var maximumDiskBytes: Int64?
    /// Most connections at a time; one more is refused. Default 4,096.
    public var maximumConnections = 4096
    /// Raw bytes of batches under way, of all connections together, beyond the small credit that each has. Default 32 MiB.
    public var ingestBytes = 32 << 20
    /// Memory for the windows of zstd streams; a connection that gets none compresses frame by frame. Default 32 MiB.
    public var windowBytes = 32 << 20
    /// How long a frame or batch may stand unfinished, and a peer leave what it is sent unread. Default 30 s.
    public var stallTimeout: Duration = .seconds(30)
    /// How long a stranger has for `HELLO`. Default 10 s.
    public var handshakeTimeout: Duration = .seconds(10)
    /// How long a stopping collector waits for what is under way, before it cuts the connections. Default 10 s.
    public var drainTimeout: Duration = .seconds(10)
    /// Queries of a project that work at a time, beside `status`; one more works of another project. Each has a thread and
    /// connections of its own to the database.
    /// One that waits for its client does not count. Default 4.
    public var queryThreads = 4
    /// Longest run of a query. Default 30 s.
    public var queryTimeout: Duration = .seconds(30)
    /// Longest run of what looks at a whole database: a check, a backup, a search. Default 1 h.
    public var thoroughQueryTimeout: Duration = .seconds(3600)
    /// Most rows of an answer. Default 1,000,000.
    public var queryRows: UInt64 = 1_000_000
    /// Most bytes of an answer. Default 1 GiB.
    public var queryBytes: UInt64 = 1 << 30

    /// What is logged: messages of that level and above. Default `notice`.
    public var logLevel: Logger.Level = .notice
    /// How a line of the log is written. Default `text`.
    public var logFormat: LogFormat = .text
    /// Bytes of the log in a minute; lines beyond it are dropped, and counted in the next one. Default 1 MiB.
    public var logBytesPerMinute = 1 << 20

    public init(databasePath: String) {
        self.databasePath = databasePath
    }

    /// Takes what `reader` has over the defaults. Keys, with the environment variable of each: `listen_host`
    /// (`TRACEWIRE_LISTEN_HOST`), `listen_port`, `metrics_host`, `metrics_port`, `tls_certificate`, `tls_key`,
    /// `tls_client_ca`, `insecure`, `insecure_metrics`, `require_tokens`, `tokens_file`, `maximum_projects`,
    /// `token_connections`, `token_bytes_per_second`, `offences_per_minute`, `fail_silent_after_seconds`,
    /// `producers_expire_after_seconds`, `retain_seconds`, `max_disk_bytes`, `maximum_connections`, `ingest_bytes`,
    /// `window_bytes`, `query_threads`, `query_timeout_seconds`, `thorough_query_timeout_seconds`, `query_rows`,
    /// `query_bytes`, `stall_timeout_seconds`, `drain_timeout_seconds`, `log_level`, `log_format`,
    /// `log_bytes_per_minute`.
    /// A number that is not positive is passed over, but for `offences_per_minute`, where 0 is no limit.
    public mutating func apply(_ reader: ConfigReader) {
        func positive(_ key: ConfigKey) -> Int? {
            reader.int(forKey: key).flatMap { $0 > 0 ? $0 : nil }
        }
        func port(_ key: ConfigKey) -> Int? {
            reader.int(forKey: key).flatMap { (0...65535).contains($0) ? $0 : nil }
        }
        func duration(_ key: ConfigKey) -> Duration? { positive(key).map { .seconds($0) } }
        listenHost = reader.string(forKey: "listen_host") ?? listenHost
        listenPort = port("listen_port") ?? listenPort
        metricsHost = reader.string(forKey: "metrics_host") ?? metricsHost
        metricsPort = port("metrics_port") ?? metricsPort
        tlsCertificate = reader.string(forKey: "tls_certificate") ?? tlsCertificate
        tlsKey = reader.string(forKey: "tls_key") ?? tlsKey
        tlsClientCA = reader.string(forKey: "tls_client_ca") ?? tlsClientCA
        allowsInsecure = reader.bool(forKey: "insecure") ?? allowsInsecure
        allowsInsecureMetrics = reader.bool(forKey: "insecure_metrics") ?? allowsInsecureMetrics
        requiresTokens = reader.bool(forKey: "require_tokens") ?? requiresTokens
        tokensPath = reader.string(forKey: "tokens_file") ?? tokensPath
        maximumProjects = positive("maximum_projects") ?? maximumProjects
        tokenConnections = positive("token_connections") ?? tokenConnections
        tokenBytesPerSecond = positive("token_bytes_per_second") ?? tokenBytesPerSecond
        offencesPerMinute =
            reader.int(forKey: "offences_per_minute").flatMap { $0 >= 0 ? $0 : nil } ?? offencesPerMinute
        failSilentAfter = duration("fail_silent_after_seconds") ?? failSilentAfter
        producersExpireAfter = duration("producers_expire_after_seconds") ?? producersExpireAfter
        retain = duration("retain_seconds") ?? retain
        maximumDiskBytes = positive("max_disk_bytes").map(Int64.init) ?? maximumDiskBytes
        maximumConnections = positive("maximum_connections") ?? maximumConnections
        ingestBytes = positive("ingest_bytes") ?? ingestBytes
        windowBytes = positive("window_bytes") ?? windowBytes
        stallTimeout = duration("stall_timeout_seconds") ?? stallTimeout
        drainTimeout = duration("drain_timeout_seconds") ?? drainTimeout
        queryThreads = positive("query_threads") ?? queryThreads
        queryTimeout = duration("query_timeout_seconds") ?? queryTimeout
        thoroughQueryTimeout = duration("thorough_query_timeout_seconds") ?? thoroughQueryTimeout
        queryRows = positive("query_rows").map(UInt64.init) ?? queryRows
        queryBytes = positive("query_bytes").map(UInt64.init) ?? queryBytes
        logLevel = reader.string(forKey: "log_level").flatMap { Logger.Level(rawValue: $0) } ?? logLevel
        logFormat = reader.string(forKey: "log_format").flatMap { LogFormat(rawValue: $0) } ?? logFormat
        logBytesPerMinute = positive("log_bytes_per_minute") ?? logBytesPerMinute
    }
}

extension CollectorConfiguration {
    /// Where the tokens are.
    var tokensFile: TokenFile { tokensPath.map { TokenFile(path: $0) } ?? TokenFile(database: databasePath) }

    /// Whether other machines reach the address.
    var isExposed: Bool { !LoopbackAddress.contains(listenHost) }

    /// Whether connections are encrypted.
    public var isEncrypted: Bool { tlsCertificate != nil }

    /// Whether other machines reach the figures.
    var exposesMetrics: Bool { metricsPort != nil && !LoopbackAddress.contains(metricsHost) }

    /// Whether nobody comes in without a token. Whoever has made some wants them asked for, also where the network is
    /// trusted.
    ///
    /// - Parameter hasTokens: whether there are any.
    func demandsTokens(hasTokens: Bool) -> Bool { requiresTokens || isExposed && (hasTokens || !allowsInsecure) }

    /// How long an answer to `request` may take.
    func timeout(for request: Query.Request) -> Duration {
        StoreReader.isThorough(request) ? thoroughQueryTimeout : queryTimeout
    }
}
