import Testing
import Tracewire
import TracewireProtocol

/// Whom a client trusts, and whom a collector does.
@Suite(.timeLimit(.minutes(5))) struct TLSTrustTests {
    @Test(arguments: ["127.0.0.1", "localhost"])
    func `a certificate of a trusted authority that names the host is taken`(host: String) async throws {
        try await TLSFixture.run { fixture in
            let client = try await fixture.connect(fixture.trusting("ca"), host: host)
            #expect(try await client.rows(of: .sql(text: "SELECT 7", parameters: [])) == [[.integer(7)]])
            await client.close()
        }
    }

    @Test func `a certificate that no authority of the system has signed is refused`() async throws {
        try await TLSFixture.run { fixture in
            let refusal = try #require(await fixture.refusal(TracewireTLS()))
            #expect(refusal.reason == .untrustedCollector)
            #expect(refusal.message.contains("TRACEWIRE_TLS_CA"))
            #expect(await fixture.refusal(fixture.trusting("other-ca"))?.reason == .untrustedCollector)
        }
    }

    @Test(arguments: [
        ("elsewhere", "127.0.0.1", "another name than '127.0.0.1'"),
        ("elsewhere", "localhost", "another name than 'localhost'"),
        // They name the address to which this name leads, and not the name.
        ("address", "localhost", "another name than 'localhost'"),
        ("other-name", "localhost", "another name than 'localhost'"),
        ("expired", "localhost", "has expired"), ("future", "localhost", "not valid yet"),
    ])
    func `a certificate for another name or time is refused with the reason`(
        certificate: String, host: String, reason: String
    ) async throws {
        try await TLSFixture.run(certificate) { fixture in
            let refusal = try #require(await fixture.refusal(fixture.trusting("ca"), host: host))
            #expect(refusal.reason == .untrustedCollector)
            #expect(refusal.message.contains(reason), "\(refusal.message)")
        }
    }

    @Test func `clients need a certificate of the authority that the collector names`() async throws {
        try await TLSFixture.run(clientCA: "ca") { fixture in
            let client = try await fixture.connect(fixture.trusting("ca", as: "client"))
            #expect(try await client.rows(of: .sql(text: "SELECT 7", parameters: [])) == [[.integer(7)]])
            await client.close()
            for name in [nil, "stranger", "expired"] {
                let refusal = try #require(await fixture.refusal(fixture.trusting("ca", as: name)), "\(name ?? "none")")
                #expect(refusal.reason == .refused && refusal.code == .unauthorized, "\(refusal.message)")
                #expect(refusal.message.contains("TRACEWIRE_TLS_CERTIFICATE"), "\(refusal.message)")
            }
        }
    }

    @Test func `without TLS a collector that wants it says so, and with it one that has none is no partner`()
        async throws
    {
        try await TLSFixture.run { fixture in
            let refusal = try #require(await fixture.refusal(nil))
            #expect(refusal.reason == .refused && refusal.code == .tlsRequired)
            #expect(refusal.message.contains("TRACEWIRE_TLS"))
        }
        try await TLSFixture.run(nil) { fixture in
            let refusal = try #require(await fixture.refusal(fixture.trusting("ca")))
            #expect(refusal.reason == .tlsFailed)
            #expect(refusal.message.contains("speaks no TLS"), "\(refusal.message)")
        }
    }

    @Test func `one connection too many is told so behind its handshake`() async throws {
        try await TLSFixture.run(maximumConnections: 1) { fixture in
            let standing = try await fixture.connect(fixture.trusting("ca"))
            let refusal = try #require(await fixture.refusal(fixture.trusting("ca")))
            #expect(refusal.reason == .refused && refusal.code == .tooManyConnections, "\(refusal.message)")
            await standing.close()
        }
    }

    @Test func `files that cannot be used are named, and nothing is sent`() async throws {
        try await TLSFixture.run { fixture in
            let wrong: [(TracewireTLS, String)] = [
                (TracewireTLS(trustedRoots: fixture.file("none.pem")), "none.pem"),
                (TracewireTLS(trustedRoots: fixture.file("server.key")), "server.key"),
                (
                    TracewireTLS(
                        trustedRoots: fixture.file("ca.pem"), certificate: fixture.file("client.pem"),
                        key: fixture.file("none.key")), "none.key"
                ),
                (
                    TracewireTLS(
                        trustedRoots: fixture.file("ca.pem"), certificate: fixture.file("client.pem"),
                        key: fixture.file("server.key")), "belong to each other"
                ),
            ]
            for (tls, named) in wrong {
                let refusal = try #require(await fixture.refusal(tls))
                #expect(refusal.reason == .invalidConfiguration)
                #expect(refusal.message.contains(named), "\(refusal.message)")
            }
        }
    }
}
