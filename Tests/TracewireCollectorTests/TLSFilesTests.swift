import Foundation
import Logging
import Testing
import TracewireProtocol

@testable import TracewireCollector

@Suite("The files for TLS")
struct TLSFilesTests {
    private func failure(_ change: (inout CollectorConfiguration) -> Void) throws -> CollectorError {
        var configuration = CollectorConfiguration(databasePath: "unused.db")
        change(&configuration)
        let failure = #expect(throws: CollectorError.self) {
            try Collector(configuration, logger: Logger(label: "c") { _ in SwiftLogNoOpLogHandler() })
        }
        return try #require(failure)
    }

    @Test("that cannot be used are named with what is wrong, before the port is taken")
    func unusable() async throws {
        let certificates = try await Certificates()
        try certificates.write("no certificate", to: "text.pem")
        let wrong: [(certificate: String, key: String, named: String, reason: String)] = [
            ("none.pem", "server.key", "none.pem", "No such file"),
            ("", "server.key", "/,", "no regular file"),
            ("text.pem", "server.key", "text.pem", "no certificate in PEM"),
            ("server.key", "server.key", "server.key", "no certificate in PEM"),
            ("server.pem", "none.key", "none.key", "No such file"),
            ("server.pem", "text.pem", "text.pem", "no private key in PEM"),
            ("server.pem", "server.pem", "server.pem", "no private key in PEM"),
            ("server.pem", "protected.key", "protected.key", "passphrase"),
            ("server.pem", "renewed.key", "renewed.key", "does not belong to the certificate"),
        ]
        for (certificate, key, named, reason) in wrong {
            let failure = try failure {
                $0.tlsCertificate = certificates.file(certificate)
                $0.tlsKey = certificates.file(key)
            }
            #expect(failure.code == .tlsUnusable)
            #expect(failure.message.contains(named) && failure.message.contains(reason), "\(failure.message)")
        }
        let authority = try failure {
            certificates.secure(&$0)
            $0.tlsClientCA = certificates.file("text.pem")
        }
        #expect(authority.message.contains("tls_client_ca"))
    }

    @Test("go together: a certificate without its key is not served, and nothing goes out unencrypted instead")
    func halves() async throws {
        let certificates = try await Certificates()
        let changes: [(inout CollectorConfiguration) -> Void] = [
            { $0.tlsCertificate = certificates.file("server.pem") }, { $0.tlsKey = certificates.file("server.key") },
            { $0.tlsClientCA = certificates.file("ca.pem") },
        ]
        for change in changes {
            let failure = try failure(change)
            #expect(failure.code == .tlsUnusable && failure.message.contains("both"), "\(failure.message)")
        }
    }

    @Test("that cannot be used any more are said once, and the old ones stay until they are mended")
    func broken() async throws {
        let certificates = try await Certificates()
        var configuration = CollectorConfiguration(databasePath: "unused.db")
        certificates.secure(&configuration)
        let heard = HeardLines()
        let files = try #require(try CertificateFiles(configuration))
        let current = try ServerCertificates(files, logger: heard.logger)
        let first = current.current.context
        for broken in ["no key", "no key either"] {
            try certificates.write(broken, to: "server.key")
            for _ in 1...3 { current.refresh() }
            #expect(current.current.context === first)
            #expect(current.failure?.contains("server.key") == true)
        }
        try FileManager.default.removeItem(atPath: certificates.file("server.pem"))
        for _ in 1...3 { current.refresh() }
        #expect(heard.lines.filter { $0.hasPrefix("error") }.count == 3)
        try certificates.replace("server", with: "renewed")
        current.refresh()
        #expect(current.current.context !== first && current.failure == nil)
    }

    @Test("end connections where the authorities of clients have changed, and not where they were only written again")
    func authorities() async throws {
        let certificates = try await Certificates()
        var configuration = CollectorConfiguration(databasePath: "unused.db")
        certificates.secure(&configuration)
        configuration.tlsClientCA = certificates.file("ca.pem")
        let files = try #require(try CertificateFiles(configuration))
        let current = try ServerCertificates(files, logger: HeardLines().logger)
        let first = current.current.authoritiesNumber
        let authority = try String(contentsOfFile: certificates.file("ca.pem"), encoding: .utf8)
        try certificates.write(authority, to: "ca.pem")
        try certificates.replace("server", with: "renewed")
        current.refresh()
        current.refresh(always: true)
        #expect(!current.haveAuthoritiesChanged(since: first))
        try certificates.write("none", to: "ca.pem")
        current.refresh()
        #expect(!current.haveAuthoritiesChanged(since: first))
        let other = try String(contentsOfFile: certificates.file("other-ca.pem"), encoding: .utf8)
        try certificates.write(authority + other, to: "ca.pem")
        current.refresh()
        #expect(current.haveAuthoritiesChanged(since: first))
        #expect(!current.haveAuthoritiesChanged(since: current.current.authoritiesNumber))
    }

    @Test("that end within two weeks are said at the start, and the others are not")
    func end() async throws {
        let certificates = try await Certificates()
        for (name, word) in [("server", nil), ("soon", "ends soon"), ("expired", "has ended")] {
            let heard = HeardLines()
            var configuration = CollectorConfiguration(databasePath: "unused.db")
            certificates.secure(&configuration, with: name)
            _ = try Collector(configuration, logger: heard.logger)
            let warnings = heard.lines.filter { $0.hasPrefix("warning the TLS certificate") }
            #expect(warnings.count == (word == nil ? 0 : 1))
            if let word { #expect(warnings.first?.contains(word) == true) }
        }
    }
}
