internal import Glibc

extension TracewireConfiguration {
    /// The defaults, changed by the process's environment:
    ///
    /// | variable | sets | default |
    /// | --- | --- | --- |
    /// | `TRACEWIRE_CONNECT` | host and port, as `HOST:PORT`; with commas between them, more to fall back on | `127.0.0.1:4747` |
    /// | `TRACEWIRE_TOKEN` | the token | none |
    /// | `TRACEWIRE_SPOOL` | the spool's directory, an absolute path, or `memory` | ``Spool/standard`` |
    /// | `TRACEWIRE_SAMPLE_RATE` | how many of the workflows are recorded, from 0 to 1 | 1 |
    /// | `TRACEWIRE_ENABLED` | whether anything is recorded: `1`, `true`, `yes`, `on`, or `0`, `false`, `no`, `off` | on |
    ///
    /// An empty value is none. Upper and lower case are the same.
    ///
    /// - Throws: `invalid_configuration` if `TRACEWIRE_CONNECT` is no address, `TRACEWIRE_SPOOL` neither an absolute path
    ///   nor `memory`, `TRACEWIRE_SAMPLE_RATE` no number from 0 to 1, or `TRACEWIRE_ENABLED` none of these words.
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
        if let text = variable("TRACEWIRE_SPOOL"), !text.isEmpty { configuration.spool = try spool(text) }
        if let text = variable("TRACEWIRE_SAMPLE_RATE"), !text.isEmpty {
            guard let rate = Double(text), (0...1).contains(rate) else {
                throw TracewireError(.invalidConfiguration, "TRACEWIRE_SAMPLE_RATE is not a number from 0 to 1")
            }
            configuration.sampleRate = rate
        }
        if let text = variable("TRACEWIRE_ENABLED"), !text.isEmpty {
            configuration.isEnabled = try isEnabled(text)
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

    private static func isEnabled(_ text: String) throws(TracewireError) -> Bool {
        switch text.lowercased() {
        case "1", "true", "yes", "on": return true
        case "0", "false", "no", "off": return false
        default: throw TracewireError(.invalidConfiguration, "TRACEWIRE_ENABLED is neither true nor false")
        }
    }
}
