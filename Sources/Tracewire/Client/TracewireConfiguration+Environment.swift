internal import Glibc

extension TracewireConfiguration {
    /// The defaults, changed by the process's environment:
    ///
    /// | variable | sets | default |
    /// | --- | --- | --- |
    /// | `TRACEWIRE_CONNECT` | host and port, as `HOST:PORT`; with commas between them, more to fall back on | `127.0.0.1:4747` |
    /// | `TRACEWIRE_TOKEN` | the token | none |
    /// | `TRACEWIRE_TLS` | whether connections are encrypted | off, but on with `TRACEWIRE_TLS_CA` |
    /// | `TRACEWIRE_TLS_CA` | the PEM file of the authorities that are trusted | the system's |
    /// | `TRACEWIRE_TLS_CERTIFICATE`, `TRACEWIRE_TLS_KEY` | the PEM files of the client's certificate and its key | none |
    /// | `TRACEWIRE_SPOOL` | the spool's directory, an absolute path, or `memory` | ``Spool/standard`` |
    /// | `TRACEWIRE_SAMPLE_RATE` | how many of the workflows are recorded, from 0 to 1 | 1 |
    /// | `TRACEWIRE_ENABLED` | whether anything is recorded | on |
    ///
    /// Yes is `1`, `true`, `yes` or `on`; no is `0`, `false`, `no` or `off`. An empty value is none. Upper and lower case are the
    /// same.
    ///
    /// - Throws: `invalid_configuration` if `TRACEWIRE_CONNECT` is no address, `TRACEWIRE_SPOOL` neither an absolute path
    ///   nor `memory`, `TRACEWIRE_SAMPLE_RATE` no number from 0 to 1, `TRACEWIRE_TLS` or `TRACEWIRE_ENABLED` none of these words, or a client's certificate is named without its
    ///   key.
    public static func fromEnvironment() throws(TracewireError) -> TracewireConfiguration {
        try from { name in getenv(name).map { String(cString: $0) } }
    }

    static func from(_ variable: (String) -> String?) throws(TracewireError) -> TracewireConfiguration {
        var configuration = TracewireConfiguration()
        if let text = variable("TRACEWIRE_CONNECT"), !text.isEmpty {
            guard let addresses = CollectorAddress.list(text), let first = addresses.first else {
                throw TracewireError(
                    .invalidConfiguration, "TRACEWIRE_CONNECT is not HOST:PORT, such as \(CollectorAddress.standard)")
            }
            configuration.address = first
            configuration.fallbacks = Array(addresses.dropFirst())
        }
        if let token = variable("TRACEWIRE_TOKEN"), !token.isEmpty { configuration.token = token }
        configuration.tls = try TracewireTLS.resolved(variable)
        if let text = variable("TRACEWIRE_SPOOL"), !text.isEmpty { configuration.spool = try spool(text) }
        if let text = variable("TRACEWIRE_SAMPLE_RATE"), !text.isEmpty {
            guard let rate = Double(text), (0...1).contains(rate) else {
                throw TracewireError(.invalidConfiguration, "TRACEWIRE_SAMPLE_RATE is not a number from 0 to 1")
            }
            configuration.sampleRate = rate
        }
        if let text = variable("TRACEWIRE_ENABLED"), !text.isEmpty {
            configuration.isEnabled = try word(text, of: "TRACEWIRE_ENABLED")
        }
        return configuration
    }

    private static func spool(_ text: String) throws(TracewireError) -> Spool {
        if text.lowercased() == "memory" { return .memory }
        guard text.hasPrefix("/") else {
            throw TracewireError(
                .invalidConfiguration,
                "TRACEWIRE_SPOOL is neither an absolute path, such as /var/spool/tracewire, nor 'memory'")
        }
        return .directory(text)
    }

    /// What a word for yes or no means, which the variable `name` has.
    static func word(_ text: String, of name: String) throws(TracewireError) -> Bool {
        switch text.lowercased() {
        case "1", "true", "yes", "on": return true
        case "0", "false", "no", "off": return false
        default: throw TracewireError(.invalidConfiguration, "\(name) is neither true nor false")
        }
    }
}
