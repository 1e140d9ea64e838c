internal import Logging
internal import TracewireCollector

/// One thing that an operator may set in the environment or in a file: its name, what it has to be, and what holds if
/// nobody sets it.
struct CollectorSetting: Sendable {
    enum Kind: Sendable {
        case host
        /// The name of a file.
        case file
        case flag
        case choice([String])
        /// A whole number, with its unit for people; empty where the name says it.
        case number(ClosedRange<Int64>, unit: String)
    }

    /// As it stands in a file. In the environment it is in capitals, with ``environmentPrefix`` before it.
    let name: String
    let kind: Kind
    /// The default, for people.
    let standard: String

    static let environmentPrefix = "TRACEWIRE_"

    var variable: String { Self.environmentPrefix + name.uppercased() }

    /// What a value has to be.
    var form: String {
        switch kind {
        case .host: "a host name or an address"
        case .file: "the path of a file"
        case .flag: "true or false"
        case .choice(let words): "one of \(words.joined(separator: ", "))"
        case .number(let range, let unit):
            "a whole number\(unit.isEmpty ? "" : " of \(unit)") from \(range.lowerBound) to \(range.upperBound)"
        }
    }
}

extension CollectorSetting {
    private static let defaults = CollectorConfiguration(databasePath: "")

    /// All that there are, as ``CollectorConfiguration/apply(_:)`` knows them.
    static let all = [
        CollectorSetting(name: "listen_host", kind: .host, standard: defaults.listenHost),
        number("listen_port", 0...65_535, "", Int64(defaults.listenPort)),
        CollectorSetting(name: "metrics_host", kind: .host, standard: defaults.metricsHost),
        CollectorSetting(name: "metrics_port", kind: .number(0...65_535, unit: ""), standard: "none"),
        CollectorSetting(name: "tls_certificate", kind: .file, standard: "none"),
        CollectorSetting(name: "tls_key", kind: .file, standard: "none"),
        CollectorSetting(name: "tls_client_ca", kind: .file, standard: "none"),
        CollectorSetting(name: "insecure", kind: .flag, standard: "\(defaults.allowsInsecure)"),
        CollectorSetting(name: "insecure_metrics", kind: .flag, standard: "\(defaults.allowsInsecureMetrics)"),
        CollectorSetting(name: "require_tokens", kind: .flag, standard: "\(defaults.requiresTokens)"),
        CollectorSetting(name: "tokens_file", kind: .file, standard: "the database's, with .tokens"),
        number("maximum_projects", 1...1_000, "", Int64(defaults.maximumProjects)),
        number("token_connections", 1...1_000_000, "", Int64(defaults.tokenConnections)),
        number("token_bytes_per_second", 1...1 << 50, "bytes", nil, none: "no limit"),
        number("offences_per_minute", 0...1_000_000, "", Int64(defaults.offencesPerMinute)),
        seconds("fail_silent_after_seconds", defaults.failSilentAfter),
        seconds("producers_expire_after_seconds", defaults.producersExpireAfter),
        seconds("retain_seconds", defaults.retain),
        CollectorSetting(
            name: "max_disk_bytes", kind: .number(1_000_000...1 << 50, unit: "bytes"), standard: "no limit"),
        seconds("stall_timeout_seconds", defaults.stallTimeout),
        seconds("drain_timeout_seconds", defaults.drainTimeout),
        number("maximum_connections", 1...1_000_000, "", Int64(defaults.maximumConnections)),
        bytes("ingest_bytes", Int64(defaults.ingestBytes)),
        bytes("window_bytes", Int64(defaults.windowBytes)),
        number("query_threads", 1...1024, "", Int64(defaults.queryThreads)),
        seconds("query_timeout_seconds", defaults.queryTimeout),
        seconds("thorough_query_timeout_seconds", defaults.thoroughQueryTimeout),
        number("query_rows", 1...1_000_000_000_000, "", Int64(clamping: defaults.queryRows)),
        bytes("query_bytes", Int64(clamping: defaults.queryBytes)),
        CollectorSetting(
            name: "log_level", kind: .choice(Logger.Level.allCases.map(\.rawValue)),
            standard: defaults.logLevel.rawValue),
        CollectorSetting(
            name: "log_format", kind: .choice(LogFormat.allCases.map(\.rawValue)),
            standard: defaults.logFormat.rawValue),
        bytes("log_bytes_per_minute", Int64(defaults.logBytesPerMinute)),
    ]

    private static func number(
        _ name: String, _ range: ClosedRange<Int64>, _ unit: String, _ standard: Int64?,
        none: String = "never"
    ) -> CollectorSetting {
        CollectorSetting(name: name, kind: .number(range, unit: unit), standard: standard.map(String.init) ?? none)
    }

    private static func seconds(_ name: String, _ standard: Duration?) -> CollectorSetting {
        number(name, 1...1_000_000_000, "seconds", standard?.components.seconds)
    }

    private static func bytes(_ name: String, _ standard: Int64) -> CollectorSetting {
        number(name, 1...1 << 50, "bytes", standard)
    }

    /// A line a setting, for `--help`: name, form and default.
    static var list: String {
        all.map { setting in
            let head = TerminalText.padded("  \(setting.name)", to: 34)
            return head + TerminalText.padded(setting.shortForm, to: 16) + setting.standard
        }.joined(separator: "\n")
    }

    private var shortForm: String {
        switch kind {
        case .host: "host"
        case .file: "file"
        case .flag: "true or false"
        case .choice(let words): words.count > 2 ? "a level" : words.joined(separator: " or ")
        case .number(_, let unit): unit.isEmpty ? "number" : unit
        }
    }
}
