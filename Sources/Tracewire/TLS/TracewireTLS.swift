/// Whom a client trusts where its connections are encrypted, and who it is: ``TracewireConfiguration/tls``.
///
/// The collector's certificate is always checked: it has to be signed by an authority that is trusted, and to name the host that
/// the client connects to. An IP address has to be in it as one.
///
/// This needs the package's trait `TLS`. Without it, connecting fails and says so.
public struct TracewireTLS: Hashable, Sendable {
    /// The PEM file of the authorities that are trusted; `nil`, the default, for those of the system.
    public var trustedRoots: String?
    /// The PEM file of the client's own certificate, with its chain, where the collector asks for one; `nil` for none.
    public var certificate: String?
    /// The PEM file of its private key.
    public var key: String?

    public init(trustedRoots: String? = nil, certificate: String? = nil, key: String? = nil) {
        (self.trustedRoots, self.certificate, self.key) = (trustedRoots, certificate, key)
    }
}

extension TracewireTLS {
    /// What the environment says, and over it what somebody says in so many words; `nil` for no TLS.
    ///
    /// - Parameters:
    ///   - isOn: whether there is to be TLS, whatever else is said.
    ///   - said: files that are named take the place of the environment's, and mean that there is to be TLS.
    /// - Throws: `invalid_configuration` for a word that is neither true nor false, and a certificate without its key.
    package static func resolved(
        isOn: Bool? = nil, over said: TracewireTLS = TracewireTLS(), _ variable: (String) -> String?
    ) throws(TracewireError) -> TracewireTLS? {
        func text(_ name: String) -> String? { variable(name).flatMap { $0.isEmpty ? nil : $0 } }
        let word = try text("TRACEWIRE_TLS").map { (text) throws(TracewireError) in
            try TracewireConfiguration.word(text, of: "TRACEWIRE_TLS")
        }
        let tls = TracewireTLS(
            trustedRoots: said.trustedRoots ?? text("TRACEWIRE_TLS_CA"),
            certificate: said.certificate ?? text("TRACEWIRE_TLS_CERTIFICATE"),
            key: said.key ?? text("TRACEWIRE_TLS_KEY"))
        let isSaid: Bool? = said == TracewireTLS() ? nil : true
        guard isOn ?? isSaid ?? word ?? (tls.trustedRoots != nil) else { return nil }
        guard (tls.certificate == nil) == (tls.key == nil) else {
            throw TracewireError(
                .invalidConfiguration,
                "a client's certificate and its key go together: set both TRACEWIRE_TLS_CERTIFICATE and TRACEWIRE_TLS_KEY, "
                    + "or neither")
        }
        return tls
    }
}
