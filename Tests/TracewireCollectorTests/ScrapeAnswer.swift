import Testing
import TracewireCollector

/// What the metrics address answered to bytes that were sent to it.
struct ScrapeAnswer {
    let status: Int
    /// By names in lower case.
    let headers: [String: String]
    let text: String

    var lines: [String] { text.split(separator: "\n").map(String.init) }

    /// Sends `request`, and reads until the connection is closed.
    init(_ port: Int, _ request: String) throws {
        let peer = try RawPeer(port: port)
        try peer.send(Array(request.utf8))
        try self.init(from: peer)
    }

    /// Reads until the connection is closed.
    init(from peer: RawPeer) throws {
        let all = String(decoding: try peer.receiveUntilClosed(), as: UTF8.self)
        let parts = try #require(all.firstRange(of: "\r\n\r\n"), "no answer came: \(all)")
        let head = all[..<parts.lowerBound].split(separator: "\r\n")
        let first = try #require(head.first?.firstMatch(of: #/^HTTP/1\.1 (\d{3}) /#), "no answer: \(all)")
        status = try #require(Int(first.output.1))
        headers = Dictionary(
            head.dropFirst().compactMap { line in
                guard let colon = line.firstIndex(of: ":") else { return nil }
                return (line[..<colon].lowercased(), String(line[colon...].dropFirst().drop { $0 == " " }))
            }, uniquingKeysWith: { $0 + ", " + $1 })
        text = String(all[parts.upperBound...])
    }
}

/// Runs `body` against a collector of its own that has a metrics address.
func withMetrics(
    _ directory: TemporaryDirectory? = nil, _ configure: (inout CollectorConfiguration) -> Void = { _ in },
    _ body: @escaping @Sendable (_ port: Int, _ ingestPort: Int, _ collector: Collector) throws -> Void
) async throws {
    func configured(_ configuration: inout CollectorConfiguration) {
        configuration.metricsPort = 0
        configure(&configuration)
    }
    try await withServingCollector(directory: directory, configured) { ingestPort, collector in
        try body(try #require(collector.metricsAddress?.port), ingestPort, collector)
    }
}
