import Testing
import TracewireCollector

@Suite("A TLS session", .timeLimit(.minutes(5)))
struct TLSResumptionTests {
    @Test(
        "is resumed, but never where clients need a certificate: what is resumed is not judged again",
        arguments: ["-tls1_2", "-tls1_3"], [false, true])
    func resumption(version: String, needsCertificate: Bool) async throws {
        let certificates = try await Certificates()
        let configure: (inout CollectorConfiguration) -> Void = {
            certificates.secure(&$0)
            if needsCertificate { $0.tlsClientCA = certificates.file("ca.pem") }
        }
        try await withServingCollector(configure) { port, _ in
            let client = OpenSSLClient(certificates: certificates, port: port)
            // The answer comes behind what a session can be resumed with.
            let request = "GET / HTTP/1.1\r\n\r\n"
            let session = certificates.file("session")
            let first = try client.connect(version, "-sess_out", session, request: request)
            #expect(first.contains("New, TLS") && first.contains("HTTP/1.1 400"), "\(first)")
            let second = try client.connect(version, "-sess_in", session, request: request)
            #expect(second.contains(needsCertificate ? "New, TLS" : "Reused, TLS"), "\(second)")
            #expect(second.contains("HTTP/1.1 400"))
        }
    }
}
