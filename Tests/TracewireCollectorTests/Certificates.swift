import Foundation
import TracewireCollector

/// Certificates of a test's own, made by `Tests/certificates.sh`, and gone with it.
final class Certificates: Sendable {
    private let directory: TemporaryDirectory

    private static let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()

    init() async throws {
        directory = try TemporaryDirectory()
        let process = Process()
        process.executableURL = Self.tests.appending(path: "certificates.sh")
        process.arguments = [directory.path]
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

    func file(_ name: String) -> String { "\(directory.path)/\(name)" }

    /// Has a collector show the certificate that is called `name`.
    func secure(_ configuration: inout CollectorConfiguration, with name: String = "server") {
        configuration.tlsCertificate = file("\(name).pem")
        configuration.tlsKey = file("\(name).key")
    }

    /// Puts the certificate and key that are called `name` in the place of those that are called `old`.
    func replace(_ old: String, with name: String) throws {
        for ending in ["key", "pem"] {
            try Data(contentsOf: URL(filePath: file("\(name).\(ending)")))
                .write(to: URL(filePath: file("\(old).\(ending)")), options: .atomic)
        }
    }

    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(filePath: file(name)), options: .atomic)
    }
}
