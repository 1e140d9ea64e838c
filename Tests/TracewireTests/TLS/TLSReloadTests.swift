import Foundation
import Logging
import Synchronization
import Testing
import Tracewire
import TracewireCollector
import TracewireProtocol

/// Certificates that are replaced while a collector serves.
@Suite(.timeLimit(.minutes(5))) struct TLSReloadTests {
    private let seven = Query.Request.sql(text: "SELECT 7", parameters: [])

    @Test func `a new certificate is shown to new connections, and those that stand go on`() async throws {
        try await TLSFixture.run { fixture in
            let standing = try await fixture.connect(fixture.trusting("ca"))
            try fixture.replace("server", with: "renewed")
            await fixture.collector.reloadCertificates()
            #expect(await fixture.refusal(fixture.trusting("ca"))?.reason == .untrustedCollector)
            let new = try await fixture.connect(fixture.trusting("other-ca"))
            #expect(try await new.rows(of: seven) == [[.integer(7)]])
            #expect(try await standing.rows(of: seven) == [[.integer(7)]])
            await new.close()
            await standing.close()
        }
    }

    @Test func `connections end when the authorities of clients change, and whoever is trusted then comes in`()
        async throws
    {
        try await TLSFixture.run(clientCA: "other-ca") { fixture in
            let standing = try await fixture.connect(fixture.trusting("ca", as: "stranger"))
            #expect(try await standing.rows(of: seven) == [[.integer(7)]])
            try Data(contentsOf: URL(filePath: fixture.file("ca.pem")))
                .write(to: URL(filePath: fixture.file("other-ca.pem")), options: .atomic)
            let ending = await end(of: standing)
            #expect(ending?.code == .shuttingDown && ending?.message.contains("authorities") == true)
            #expect(await fixture.refusal(fixture.trusting("ca", as: "stranger"))?.code == .unauthorized)
            let new = try await fixture.connect(fixture.trusting("ca", as: "client"))
            #expect(try await new.rows(of: seven) == [[.integer(7)]])
            await new.close()
            await standing.close()
        }
    }

    @Test func `a connection ends with the certificate that let it in`() async throws {
        try await TLSFixture.run(clientCA: "ca") { fixture in
            // As long as this machine needs to connect before it ends.
            var seconds = 2
            var connected: QueryClient?
            while connected == nil {
                try #require(seconds < 1000)
                try await fixture.makeClientCertificate(endingIn: seconds)
                connected = try? await fixture.connect(fixture.trusting("ca", as: "ending"))
                seconds *= 2
            }
            let standing = try #require(connected)
            let ending = await end(of: standing)
            #expect(ending?.code == .shuttingDown && ending?.message.contains("certificate has ended") == true)
            #expect(await fixture.refusal(fixture.trusting("ca", as: "ending"))?.code == .unauthorized)
            let other = try await fixture.connect(fixture.trusting("ca", as: "client"))
            #expect(try await other.rows(of: seven) == [[.integer(7)]])
            await other.close()
            await standing.close()
        }
    }

    /// Asks until the connection ends, and returns why it did. Ends with the time limit if it does not.
    private func end(of connection: QueryClient) async -> TracewireError? {
        var ending: (any Error)?
        while ending == nil {
            do { _ = try await connection.rows(of: seven) } catch { ending = error }
        }
        return ending as? TracewireError
    }

    @Test func `files that change are noticed without a word`() async throws {
        try await TLSFixture.run { fixture in
            try fixture.replace("server", with: "renewed")
            // Ends with the time limit if it is not.
            while await fixture.refusal(fixture.trusting("other-ca")) != nil {}
            #expect(await fixture.refusal(fixture.trusting("ca"))?.reason == .untrustedCollector)
        }
    }

    @Test func `files that cannot be used leave the old ones in force, and are said once`() async throws {
        let heard = HeardMessages()
        let logger = Logger(label: "c") { _ in ListeningLogHandler(heard: heard) }
        try await TLSFixture.run(logger: logger) { fixture in
            try Data("no key".utf8).write(to: URL(filePath: fixture.file("server.key")), options: .atomic)
            let client = try await fixture.connect(fixture.trusting("ca"))
            while try await error(client) == nil {}
            let said = try await error(client)
            #expect(said?.contains("server.key") == true)
            #expect(await fixture.refusal(fixture.trusting("ca")) == nil)
            try fixture.replace("server", with: "renewed")
            while try await error(client) != nil {}
            await client.close()
            let errors = heard.messages.withLock { $0 }.filter { $0.hasPrefix("error") }
            #expect(errors.count == 1 && errors.first?.contains("server.key") == true, "\(errors)")
        }
    }

    private func error(_ client: QueryClient) async throws -> String? {
        let rows = try await client.rows(of: .report(name: "status", arguments: [:]))
        let figure = try #require(rows.first { $0.first == .text("tls_error") }?.last)
        return if case .text(let text) = figure { text } else { nil }
    }

    @Test func `status says when the certificate ends`() async throws {
        try await TLSFixture.run("soon") { fixture in
            let client = try await fixture.connect(fixture.trusting("ca"))
            let rows = try await client.rows(of: .report(name: "status", arguments: [:]))
            guard case .integer(let end) = rows.first(where: { $0.first == .text("tls_certificate_expires_ms") })?.last
            else { return #expect(Bool(false), "there is no such figure") }
            let days = Double(end) / 86_400_000 - Date().timeIntervalSince1970 / 86_400
            #expect(6.9...7.0 ~= days)
            await client.close()
        }
    }
}
