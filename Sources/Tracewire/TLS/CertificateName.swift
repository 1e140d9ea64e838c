#if TLS
    internal import NIOSSL

    /// Whether a certificate names a host by its name.
    ///
    /// NIOSSL takes one, too, that names the address to which the name led: whoever answers lookups of names wrongly
    /// could show a good certificate for an address of their own (RFC 6125, 6.2.1: who asks for a name wants that name).
    enum CertificateName {
        static func names(_ certificate: NIOSSLCertificate, _ host: String) -> Bool {
            let names = certificate._subjectAlternativeNames()
            // Without an address in it, it was the name that NIOSSL has found.
            guard names.contains(where: { $0.nameType == .ipAddress }) else { return true }
            return names.contains {
                $0.nameType == .dnsName && matches(host, String(decoding: $0.contents, as: UTF8.self))
            }
        }

        /// A star stands for the first label as a whole (RFC 6125, 6.4.3).
        static func matches(_ host: String, _ pattern: String) -> Bool {
            var host = host.lowercased()[...]
            if host.last == "." { host.removeLast() }
            let pattern = pattern.lowercased()
            guard pattern.hasPrefix("*.") else { return host == pattern }
            guard let end = host.firstIndex(of: "."), end > host.startIndex else { return false }
            return host[end...] == pattern.dropFirst()
        }
    }
#endif
