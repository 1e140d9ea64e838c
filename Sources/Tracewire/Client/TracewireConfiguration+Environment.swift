internal import Glibc

extension TracewireConfiguration {
    /// The defaults, changed by the process's environment:
    ///
    /// | variable | sets | default |
    /// | --- | --- | --- |
    /// | `TRACEWIRE_CONNECT` | host and port, as `HOST:PORT` | `127.0.0.1:4747` |
    /// | `TRACEWIRE_TOKEN` | the token | none |
    /// | `TRACEWIRE_ENABLED` | whether anything is recorded: `0`, `false`, `no` and `off` switch off | on |
    ///
    /// - Throws: `invalid_configuration` if `TRACEWIRE_CONNECT` is no address.
    public static func fromEnvironment() throws(TracewireError) -> TracewireConfiguration {
        try from { name in getenv(name).map { String(cString: $0) } }
    }

    static func from(_ variable: (String) -> String?) throws(TracewireError) -> TracewireConfiguration {
        var configuration = TracewireConfiguration()
        if let text = variable("TRACEWIRE_CONNECT"), !text.isEmpty {
            guard let address = CollectorAddress(text) else {
                throw TracewireError(
                    .invalidConfiguration, "TRACEWIRE_CONNECT is not HOST:PORT, such as \(CollectorAddress.standard)")
            }
            configuration.address = address
        }
        if let token = variable("TRACEWIRE_TOKEN"), !token.isEmpty { configuration.token = token }
        if let text = variable("TRACEWIRE_ENABLED") {
            configuration.isEnabled = !["0", "false", "no", "off"].contains(text.lowercased())
        }
        return configuration
    }
}
