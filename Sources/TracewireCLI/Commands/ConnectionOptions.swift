internal import ArgumentParser

/// Where the collector is. The same for every command that talks to one.
struct ConnectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The collector's address. Default: TRACEWIRE_CONNECT, else 127.0.0.1:4747.", valueName: "host:port"))
    var connect: NetworkAddress?

    @Option(help: "The token that the collector asks for. Default: TRACEWIRE_TOKEN.")
    var token: String?

    static let defaultAddress = NetworkAddress(host: "127.0.0.1", port: 4747)

    /// What `--connect` or `TRACEWIRE_CONNECT` names; `nil` if neither does.
    func namedAddress() throws -> NetworkAddress? {
        if let connect { return connect }
        guard let text = Environment.value("TRACEWIRE_CONNECT") else { return nil }
        guard let address = NetworkAddress(argument: text) else {
            throw CommandFailure(.usage, "TRACEWIRE_CONNECT is not HOST:PORT, such as 127.0.0.1:4747")
        }
        return address
    }

    func address() throws -> NetworkAddress {
        try namedAddress() ?? Self.defaultAddress
    }

    func effectiveToken() -> String? {
        token ?? Environment.value("TRACEWIRE_TOKEN")
    }
}

/// A host and a port, as `HOST:PORT`; an IPv6 address stands in brackets.
struct NetworkAddress: ExpressibleByArgument, Equatable, CustomStringConvertible {
    let host: String
    let port: Int

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    init?(argument: String) {
        guard let colon = argument.lastIndex(of: ":"), let port = UInt16(argument[argument.index(after: colon)...])
        else { return nil }
        var host = argument[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty else { return nil }
        self.init(host: String(host), port: Int(port))
    }

    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
