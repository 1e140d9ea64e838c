internal import ArgumentParser
internal import Tracewire

/// Where the collector is. The same for every command that talks to one.
struct ConnectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The collector's address, port 4747 unless said otherwise; an IPv6 address in brackets. Default: the first in "
                + "TRACEWIRE_CONNECT that answers, else 127.0.0.1:4747.", valueName: "host:port"),
        transform: AddressArgument.connecting)
    var connect: CollectorAddress?

    @Option(help: Self.tokenHelp)
    var token: String?

    @OptionGroup var security: TLSOptions

    static let tokenHelp = ArgumentHelp(
        "The token that the collector asks for. Default: TRACEWIRE_TOKEN, which other users of the machine do not see in the list "
            + "of processes.", valueName: "token")

    /// The collector's address, and others that are tried where nobody answers.
    func addresses() throws -> (first: CollectorAddress, others: [CollectorAddress]) {
        let named = try connect.map { [$0] } ?? ConnectionEnvironment.addresses()
        return (named.first ?? .standard, Array(named.dropFirst()))
    }

    /// - Throws: ``CommandFailure``, `usage` for options or variables that make no sense.
    func access() throws -> CollectorAccess {
        CollectorAccess(token: token ?? ConnectionEnvironment.token, tls: try security.resolved())
    }
}

/// What the environment says of the collector, to the SDK and to every command alike.
enum ConnectionEnvironment {
    /// What `TRACEWIRE_CONNECT` names; none if it is not set.
    ///
    /// - Throws: ``CommandFailure``, `usage` if one is no address.
    static func addresses() throws -> [CollectorAddress] {
        guard let text = Environment.value("TRACEWIRE_CONNECT") else { return [] }
        guard let addresses = CollectorAddress.list(text), !addresses.isEmpty else {
            throw CommandFailure(.usage, "TRACEWIRE_CONNECT is not HOST:PORT, such as \(CollectorAddress.standard)")
        }
        return addresses
    }

    static var token: String? { Environment.value("TRACEWIRE_TOKEN") }
}

/// Addresses as arguments.
enum AddressArgument {
    /// Of a collector that is there.
    static func connecting(_ text: String) throws -> CollectorAddress {
        guard let address = CollectorAddress(text) else { throw fault }
        return address
    }

    /// Of one that will be: its port may be 0.
    static func listening(_ text: String) throws -> CollectorAddress {
        guard let address = CollectorAddress(listening: text) else { throw fault }
        return address
    }

    /// Of figures that will be there: no port is a standard for them.
    static func serving(_ text: String) throws -> CollectorAddress {
        guard let address = CollectorAddress(listening: text), text.hasSuffix(":\(address.port)") else {
            throw ValidationError("an address for --metrics is HOST:PORT, such as 127.0.0.1:9747")
        }
        return address
    }

    private static let fault = ValidationError("an address is HOST:PORT, such as \(CollectorAddress.standard)")
}
