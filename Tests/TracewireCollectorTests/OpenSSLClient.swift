import Foundation

/// `openssl s_client`, for what the client that tests have otherwise does not do.
struct OpenSSLClient: Sendable {
    let certificates: Certificates
    let port: Int

    /// Makes a handshake, sends `request`, and reads until the collector closes; or hangs up, if that is empty.
    ///
    /// - Returns: what it says of the connection.
    func connect(_ options: String..., request: String = "") throws -> String {
        try certificates.write(request, to: "request")
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments =
            ["openssl", "s_client", "-connect", "127.0.0.1:\(port)", "-CAfile", certificates.file("ca.pem")]
            + ["-cert", certificates.file("client.pem"), "-key", certificates.file("client.key")]
            + (request.isEmpty ? [] : ["-ign_eof"]) + options
        let output = Pipe()
        process.standardInput = FileHandle(forReadingAtPath: certificates.file("request"))
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let said = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: said, as: UTF8.self)
    }
}
