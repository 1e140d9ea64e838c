internal import ArgumentParser
internal import Tracewire

/// Whether a command connects over TLS, and whom it trusts then.
struct TLSOptions: ParsableArguments {
    @Flag(
        inversion: .prefixedNo,
        help:
            "Connect over TLS, or without. Default: as TRACEWIRE_TLS says; over TLS where authorities to trust are named."
    )
    var tls: Bool?

    @Option(
        help: ArgumentHelp(
            "The authorities to trust, in PEM. Default: TRACEWIRE_TLS_CA, else those of the system.", valueName: "file"),
        completion: .file())
    var tlsCa: String?

    @Option(
        help: ArgumentHelp(
            "A certificate to show to the collector, in PEM. Default: TRACEWIRE_TLS_CERTIFICATE.", valueName: "file"),
        completion: .file())
    var tlsCertificate: String?

    @Option(
        help: ArgumentHelp("The private key of that, in PEM. Default: TRACEWIRE_TLS_KEY.", valueName: "file"),
        completion: .file())
    var tlsKey: String?

    /// - Throws: ``CommandFailure``, `usage` for a certificate without its key, and a variable that makes no sense.
    func resolved() throws -> TracewireTLS? {
        do throws(TracewireError) {
            return try TracewireTLS.resolved(
                isOn: tls, over: TracewireTLS(trustedRoots: tlsCa, certificate: tlsCertificate, key: tlsKey),
                Environment.value)
        } catch {
            throw CommandFailure(.usage, error.message)
        }
    }
}

/// What a connection to a collector takes beside its address.
struct CollectorAccess: Sendable {
    var token: String?
    /// `nil` for no TLS.
    var tls: TracewireTLS?
}
