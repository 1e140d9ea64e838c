import Foundation
import Testing
import Tracewire
import TracewireCollector
import TracewireProtocol

/// Recording over TLS.
@Suite(.timeLimit(.minutes(5))) struct TLSDeliveryTests {
    private func configuration(_ fixture: TLSFixture, _ tls: TracewireTLS?) -> TracewireConfiguration {
        var configuration = TracewireConfiguration.test(port: fixture.port)
        configuration.tls = tls
        return configuration
    }

    private func count(_ fixture: TLSFixture) async throws -> [[Value]] {
        let client = try await fixture.connect(fixture.trusting("ca"))
        let rows = try await client.rows(of: .sql(text: "SELECT COUNT(*) FROM workflows", parameters: []))
        await client.close()
        return rows
    }

    /// Flushes until the report tells of a trouble with `words` in it: before that it may tell of others, as of a machine
    /// that is too slow to connect in time. Ends with the time limit if it does not.
    private func report(of client: TracewireClient, telling words: String) async throws -> DeliveryReport {
        var report = await client.flush(timeout: .milliseconds(200))
        while report.error?.contains(words) != true {
            try Task.checkCancellation()
            report = await client.flush(timeout: .milliseconds(200))
        }
        return report
    }

    @Test(arguments: [TracewireConfiguration.Compression.stream, .none])
    func `megabytes go there and come back as they were`(compression: TracewireConfiguration.Compression) async throws {
        try await TLSFixture.run { fixture in
            var configuration = configuration(fixture, fixture.trusting("ca"))
            configuration.compression = compression
            configuration.valueLimit = 16 << 20
            let client = TracewireClient(configuration)
            var random = SystemRandomNumberGenerator()
            let text = String(
                decoding: (0..<6 << 20).map { _ in UInt8.random(in: 32...126, using: &random) }, as: UTF8.self)
            await client.withWorkflow("large", user: "mina", userInput: text) { _ in }
            for number in 0..<200 { await client.withWorkflow("small \(number)") { _ in } }
            let report = await client.shutdown(timeout: .seconds(60))
            #expect(report.isComplete && report.error == nil, "\(report)")
            let reader = try await fixture.connect(fixture.trusting("ca"))
            let rows = try await reader.rows(
                of: .sql(text: "SELECT user_input FROM workflows WHERE name = 'large'", parameters: []))
            #expect(rows == [[.text(text)]])
            await reader.close()
            #expect(try await count(fixture) == [[.integer(201)]])
        }
    }

    @Test func `records wait while the collector is not trusted, and arrive when it is`() async throws {
        try await TLSFixture.run("elsewhere") { fixture in
            let client = TracewireClient(configuration(fixture, fixture.trusting("ca")))
            await client.withWorkflow("patient") { _ in }
            let report = try await report(of: client, telling: "another name")
            #expect(report.unknown == 2, "\(report)")
            try fixture.replace("elsewhere", with: "server")
            await fixture.collector.reloadCertificates()
            let delivered = await client.shutdown(timeout: .seconds(60))
            #expect(delivered.isComplete && delivered.committed == 2, "\(delivered)")
        }
    }

    @Test func `a client that is told to use no TLS, or the wrong one, is told why by each side`() async throws {
        try await TLSFixture.run { fixture in
            let client = TracewireClient(configuration(fixture, nil))
            await client.withWorkflow("plain") { _ in }
            let report = try await report(of: client, telling: "speaks TLS only")
            #expect(!report.isComplete, "\(report)")
            _ = await client.shutdown(timeout: .zero)
            let counted = try await count(fixture)
            #expect(counted == [[.integer(0)]])
        }
        try await TLSFixture.run(nil) { fixture in
            let client = TracewireClient(configuration(fixture, fixture.trusting("ca")))
            await client.withWorkflow("secret") { _ in }
            let report = try await report(of: client, telling: "speaks no TLS")
            #expect(!report.isComplete, "\(report)")
            _ = await client.shutdown(timeout: .zero)
        }
    }

    @Test func `what a process has left is delivered over TLS, too`() async throws {
        try await TLSFixture.run { fixture in
            let spools = fixture.file("spools")
            var lost = configuration(fixture, nil)
            lost.spool = .directory(spools)
            // Nobody takes it: the port speaks TLS only.
            let client = TracewireClient(lost)
            await client.withWorkflow("left") { _ in }
            _ = await client.shutdown(timeout: .zero)
            let forwarder = SpoolForwarder(configuration(fixture, fixture.trusting("ca")))
            let left = try SpoolForwarder.spools(in: spools)
            #expect(left.count == 1)
            for path in left {
                let result = await forwarder.forward(path, patience: .seconds(60))
                #expect(result.state == .delivered && result.committed == 2, "\(result)")
            }
            #expect(try await count(fixture) == [[.integer(1)]])
        }
    }
}
