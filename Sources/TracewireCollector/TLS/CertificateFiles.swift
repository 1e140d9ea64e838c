internal import NIOCore
internal import NIOSSL
internal import TracewireProtocol

/// The PEM files that an operator names for TLS.
struct CertificateFiles: Sendable {
    /// What a connection needs of them.
    struct Loaded: Sendable {
        let context: NIOSSLContext
        /// What a context is made of for each connection; `nil` where one serves them all.
        let own: TLSConfiguration?
        /// When the certificate ends, in milliseconds since 1970.
        let expiresMs: Int64
        /// The authorities of clients' certificates, as their file has them; `nil` where clients need none.
        let clientAuthorities: [UInt8]?
    }

    private static let certificateSetting = "tls_certificate"
    private static let keySetting = "tls_key"
    private static let clientCASetting = "tls_client_ca"

    let certificate: String
    let key: String
    /// `nil` where clients need no certificate.
    let clientCA: String?

    /// `nil` where the configuration wants no TLS.
    ///
    /// - Throws: `tls_unusable` where it names some of what TLS needs, and not all.
    init?(_ configuration: CollectorConfiguration) throws(CollectorError) {
        switch (configuration.tlsCertificate, configuration.tlsKey) {
        case (let certificate?, let key?):
            (self.certificate, self.key, clientCA) = (certificate, key, configuration.tlsClientCA)
        case (nil, nil) where configuration.tlsClientCA == nil: return nil
        default:
            throw CollectorError(
                .tlsUnusable,
                "TLS needs a certificate and its key: set both tls_certificate and tls_key, or none of the settings for TLS"
            )
        }
    }

    /// What the files are now, as far as that is known without reading them.
    var stamps: [FileStamp?] { [certificate, key, clientCA].map { $0.flatMap(FileStamp.init) } }

    /// Reads the files. It blocks.
    ///
    /// - Throws: `tls_unusable`, with the file that is the trouble.
    func load() throws(CollectorError) -> Loaded {
        let chain = try Self.certificates(
            PEMFile.read(certificate, Self.certificateSetting), certificate, Self.certificateSetting)
        let privateKey = try privateKey()
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(privateKey))
        // Every system that is still maintained speaks 1.2; what came before it is broken (RFC 8996).
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["tracewire"]
        // Whoever is gone does not answer, and its connection counts until then.
        configuration.shutdownTimeout = .seconds(1)
        let clientAuthorities = try clientCA.map { (path) throws(CollectorError) in
            try PEMFile.read(path, Self.clientCASetting)
        }
        if let clientCA, let clientAuthorities {
            configuration.trustRoots = .certificates(
                try Self.certificates(clientAuthorities, clientCA, Self.clientCASetting))
            configuration.certificateVerification = .noHostnameVerification
        }
        do {
            let context = try NIOSSLContext(configuration: configuration)
            return Loaded(
                context: context, own: clientAuthorities == nil ? nil : configuration,
                expiresMs: Int64(chain.first?.notValidAfter ?? 0) * 1000, clientAuthorities: clientAuthorities)
        } catch NIOSSLError.failedToLoadPrivateKey {
            // It was read: what fails is that it does not fit.
            throw PEMFile.unusable(
                key, Self.keySetting,
                "its key does not belong to the certificate in \(certificate): name the one that does")
        } catch {
            let reason = TLSReason.name(in: "\(error)") ?? "\(error)"
            throw PEMFile.unusable(certificate, Self.certificateSetting, "the certificate cannot be used (\(reason))")
        }
    }

    private static func certificates(
        _ bytes: [UInt8], _ path: String, _ setting: String
    ) throws(CollectorError) -> [NIOSSLCertificate] {
        do {
            return try NIOSSLCertificate.fromPEMBytes(bytes)
        } catch {
            throw PEMFile.unusable(path, setting, "it holds no certificate in PEM that can be read")
        }
    }

    private func privateKey() throws(CollectorError) -> NIOSSLPrivateKey {
        let bytes = try PEMFile.read(key, Self.keySetting)
        do {
            return try NIOSSLPrivateKey(bytes: bytes, format: .pem)
        } catch {
            let isProtected = String(decoding: bytes, as: UTF8.self).contains("ENCRYPTED")
            throw PEMFile.unusable(
                key, Self.keySetting,
                isProtected
                    ? "the key is protected by a passphrase; 'openssl pkey' writes it without one"
                    : "it holds no private key in PEM that can be read")
        }
    }
}
