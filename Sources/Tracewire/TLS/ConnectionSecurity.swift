internal import NIOCore
internal import NIOPosix

#if TLS
    internal import NIOSSL
    internal import TracewireProtocol

    /// What stands between a socket and its session: nothing, or TLS.
    struct ConnectionSecurity: Sendable {
        static let none = ConnectionSecurity(context: nil)

        private let context: NIOSSLContext?

        private init(context: NIOSSLContext?) {
            self.context = context
        }

        /// Reads the files that are named, as they are now. It blocks.
        ///
        /// - Throws: `invalid_configuration` if one of them cannot be used.
        init(_ tls: TracewireTLS) throws(TracewireError) {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.minimumTLSVersion = .tlsv12
            configuration.applicationProtocols = ["tracewire"]
            // A collector that is gone does not say goodbye.
            configuration.shutdownTimeout = .seconds(1)
            if let path = tls.trustedRoots {
                configuration.trustRoots = .certificates(try Self.certificates(in: path))
            }
            if let certificate = tls.certificate, let key = tls.key {
                configuration.certificateChain = try Self.certificates(in: certificate).map { .certificate($0) }
                configuration.privateKey = .privateKey(try Self.privateKey(in: key))
            }
            do {
                context = try NIOSSLContext(configuration: configuration)
            } catch {
                let reason = TLSReason.name(in: "\(error)") ?? "\(error)"
                throw TracewireError(
                    .invalidConfiguration,
                    "the client's certificate and key cannot be used together (\(reason)): do they belong to each other?"
                )
            }
        }

        private static func certificates(in path: String) throws(TracewireError) -> [NIOSSLCertificate] {
            do {
                return try NIOSSLCertificate.fromPEMFile(path)
            } catch {
                throw unusable(path, "certificate")
            }
        }

        private static func privateKey(in path: String) throws(TracewireError) -> NIOSSLPrivateKey {
            do {
                return try NIOSSLPrivateKey(file: path, format: .pem)
            } catch {
                throw unusable(path, "private key without a passphrase")
            }
        }

        private static func unusable(_ path: String, _ what: String) -> TracewireError {
            TracewireError(
                .invalidConfiguration, "\(path), which is named for TLS, holds no \(what) in PEM that can be read here")
        }

        /// Adds what is needed to a channel whose session comes after it.
        ///
        /// - Parameter host: what the certificate has to name; of an IP address, the one that the socket is connected to.
        func secure(_ channel: any Channel, host: String) throws {
            guard let context else { return }
            let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
            // With an underscore, because it may change; there is no other way to look at more than NIOSSL does, and not less.
            let handler =
                isAddress
                ? try NIOSSLClientHandler(context: context, serverHostname: nil)
                : try NIOSSLClientHandler._makeSSLClientHandler(context: context, serverHostname: host) {
                    CertificateName.names($0, host)
                        ? $1.eventLoop.makeSucceededVoidFuture()
                        : $1.eventLoop.makeFailedFuture(NIOSSLExtraError.failedToValidateHostname)
                }
            try channel.pipeline.syncOperations.addHandler(handler)
        }
    }
#else
    /// What stands between a socket and its session: nothing, as the package's trait for TLS is not enabled.
    struct ConnectionSecurity: Sendable {
        static let none = ConnectionSecurity()

        private init() {}

        /// - Throws: `invalid_configuration`: nothing goes out unencrypted that was to be encrypted.
        init(_ tls: TracewireTLS) throws(TracewireError) {
            throw TracewireError(
                .invalidConfiguration,
                "TLS was asked for, and this program was built without it: enable the trait 'TLS' of the package tracewire"
            )
        }

        func secure(_ channel: any Channel, host: String) throws {}
    }
#endif

extension ConnectionSecurity {
    /// The same off the event loop, as it reads files.
    static func load(_ tls: TracewireTLS, on eventLoop: any EventLoop) -> EventLoopFuture<ConnectionSecurity> {
        NIOThreadPool.singleton.runIfActive(eventLoop: eventLoop) { try ConnectionSecurity(tls) }
    }
}
