import Testing

@testable import Tracewire

@Suite struct TLSConfigurationTests {
    private func tls(_ variables: [String: String]) throws -> TracewireTLS? {
        try TracewireConfiguration.from { variables[$0] }.tls
    }

    @Test(arguments: [
        ("localhost", "localhost", true), ("LocalHost.", "localHOST", true), ("a.example", "*.example", true),
        ("a.b.example", "*.b.example", true), ("a.b.example", "*.example", false), ("example", "*.example", false),
        (".example", "*.example", false), ("a.example", "*", false), ("a.example", "a*.example", false),
        ("a.example", "b.example", false), ("a.example", "", false),
    ])
    func `a certificate's name is a host's, or has a star for its first label`(
        host: String, name: String, matches: Bool
    ) {
        #expect(CertificateName.matches(host, name) == matches)
    }

    @Test func `the environment switches TLS on and off, and names the files`() throws {
        #expect(try tls([:]) == nil)
        #expect(try tls(["TRACEWIRE_TLS": "true"]) == TracewireTLS())
        #expect(try tls(["TRACEWIRE_TLS_CA": "/ca"]) == TracewireTLS(trustedRoots: "/ca"))
        #expect(try tls(["TRACEWIRE_TLS_CA": "/ca", "TRACEWIRE_TLS": "false"]) == nil)
        #expect(try tls(["TRACEWIRE_TLS_CA": "", "TRACEWIRE_TLS": ""]) == nil)
        let own = ["TRACEWIRE_TLS": "on", "TRACEWIRE_TLS_CERTIFICATE": "/c", "TRACEWIRE_TLS_KEY": "/k"]
        #expect(try tls(own) == TracewireTLS(certificate: "/c", key: "/k"))
        // Those alone may be a collector's.
        #expect(try tls(["TRACEWIRE_TLS_CERTIFICATE": "/c", "TRACEWIRE_TLS_KEY": "/k"]) == nil)
    }

    @Test(arguments: [
        (["TRACEWIRE_TLS": "maybe"], "TRACEWIRE_TLS is neither"),
        (["TRACEWIRE_TLS": "1", "TRACEWIRE_TLS_KEY": "/k"], "TRACEWIRE_TLS_CERTIFICATE"),
        (["TRACEWIRE_TLS_CA": "/ca", "TRACEWIRE_TLS_CERTIFICATE": "/c"], "TRACEWIRE_TLS_KEY"),
    ])
    func `an environment that makes no sense is refused`(variables: [String: String], named: String) {
        let error = #expect(throws: TracewireError.self) { try tls(variables) }
        #expect(error?.reason == .invalidConfiguration && error?.message.contains(named) == true)
    }

    @Test func `what somebody says goes over the environment`() throws {
        let variables = ["TRACEWIRE_TLS": "false", "TRACEWIRE_TLS_CA": "/ca"]
        let said = TracewireTLS(certificate: "/c", key: "/k")
        #expect(
            try TracewireTLS.resolved(over: said) { variables[$0] }
                == TracewireTLS(trustedRoots: "/ca", certificate: "/c", key: "/k"))
        #expect(try TracewireTLS.resolved(isOn: true) { variables[$0] } == TracewireTLS(trustedRoots: "/ca"))
        #expect(try TracewireTLS.resolved(isOn: false, over: said) { variables[$0] } == nil)
    }
}
