import Foundation
import Logging
import Tracewire
import TracewireCollector

/// A collector that speaks TLS, with certificates and a database of its own.
struct TLSFixture: Sendable {
    let directory: URL
    let port: Int
    let collector: Collector

    /// Runs `body` beside a collector, which is gone afterwards.
    ///
    /// - Parameters:
    ///   - certificate: which of those that `Tests/certificates.sh` makes it shows; `nil` for no TLS.
    ///   - clientCA: whose certificates clients need; `nil` for none.
    static func run(
        _ certificate: String? = "server", clientCA: String? = nil, maximumConnections: Int = 100,
        logger: Logger = Logger(label: "c") { _ in
            SwiftLogNoOpLogHandler()
        }, _ body: (TLSFixture) async throws -> Void
    ) async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("tracewire-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: directory) }
        try await makeCertificates(directory)
        var configuration = CollectorConfiguration(databasePath: directory.appendingPathComponent("t.db").path)
        configuration.listenPort = 0
        configuration.maximumConnections = maximumConnections
        if let certificate {
            configuration.tlsCertificate = directory.appendingPathComponent("\(certificate).pem").path
            configuration.tlsKey = directory.appendingPathComponent("\(certificate).key").path
        }
        configuration.tlsClientCA = clientCA.map { directory.appendingPathComponent("\($0).pem").path }
        let collector = try Collector(configuration, logger: logger)
        let port = try await collector.start().port
        do {
            try await body(TLSFixture(directory: directory, port: port, collector: collector))
        } catch {
            await collector.stop()
            throw error
        }
        await collector.stop()
    }

    /// Makes a certificate called "ending" for a client, which is valid for `seconds`.
    func makeClientCertificate(endingIn seconds: Int) async throws {
        try await Self.makeCertificates(directory, "\(seconds)")
    }

    private static func makeCertificates(
        _ directory: URL, _ arguments: String..., file: StaticString = #filePath
    ) async throws {
        var tests = URL(filePath: "\(file)")
        for _ in 1...3 { tests.deleteLastPathComponent() }
        let process = Process()
        process.executableURL = tests.appending(path: "certificates.sh")
        process.arguments = [directory.path] + arguments
        process.standardError = FileHandle.nullDevice
        let status = try await withCheckedThrowingContinuation { (ended: CheckedContinuation<Int32, any Error>) in
            process.terminationHandler = { ended.resume(returning: $0.terminationStatus) }
            do {
                try process.run()
            } catch {
                process.terminationHandler = nil
                ended.resume(throwing: error)
            }
        }
        guard status == 0 else { throw CocoaError(.executableLoad) }
    }

    func file(_ name: String) -> String { directory.appendingPathComponent(name).path }

    /// Puts the certificate and key that are called `name` in the place of those that are called `old`.
    func replace(_ old: String, with name: String) throws {
        for ending in ["key", "pem"] {
            try Data(contentsOf: URL(filePath: file("\(name).\(ending)")))
                .write(to: URL(filePath: file("\(old).\(ending)")), options: .atomic)
        }
    }

    func trusting(_ authority: String, as client: String? = nil) -> TracewireTLS {
        TracewireTLS(
            trustedRoots: file("\(authority).pem"), certificate: client.map { file("\($0).pem") },
            key: client.map { file("\($0).key") })
    }

    func connect(_ tls: TracewireTLS?, host: String = "127.0.0.1") async throws(TracewireError) -> QueryClient {
        try await QueryClient.connect(host: host, port: port, tls: tls, timeout: .seconds(60))
    }

    /// Why a client cannot connect; `nil` if it can.
    func refusal(_ tls: TracewireTLS?, host: String = "127.0.0.1") async -> TracewireError? {
        do throws(TracewireError) {
            let client = try await connect(tls, host: host)
            // Over TLS 1.3 a collector refuses a client's certificate only behind the client's handshake.
            await client.close()
            return nil
        } catch {
            return error
        }
    }
}
