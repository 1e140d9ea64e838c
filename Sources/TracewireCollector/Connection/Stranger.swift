internal import TracewireProtocol

/// What a peer is answered that does not speak Tracewire, in its own words where they can be guessed: a person who
/// points a browser at the port should read what is wrong.
enum Stranger {
    /// The answer to a peer whose first bytes are `bytes`; `nil` for a `REFUSE` frame, the answer to everybody else.
    static func answer(to bytes: Span<UInt8>) -> [UInt8]? {
        if isTLS(bytes) { return tlsAlert }
        return isHTTP(bytes) ? plainHTTP : nil
    }

    /// The same where TLS is spoken, and the peer speaks none.
    static func answer(withoutTLS bytes: Span<UInt8>) -> [UInt8]? {
        isHTTP(bytes) ? encryptedHTTP : nil
    }

    /// A TLS record of type handshake, of any version 3.x (RFC 8446, 5.1).
    private static func isTLS(_ bytes: Span<UInt8>) -> Bool {
        bytes.count >= 2 && bytes[0] == 0x16 && bytes[1] == 0x03
    }

    private static func isHTTP(_ bytes: Span<UInt8>) -> Bool {
        let methods = ["GET ", "POST", "PUT ", "HEAD", "DELE", "OPTI", "PATC", "CONN", "TRAC", "PRI "]
        return methods.contains { method in
            bytes.count >= 4 && method.utf8.enumerated().allSatisfy { bytes[$0.offset] == $0.element }
        }
    }

    /// A fatal alert, `protocol_version` (RFC 8446, 6.2): the port speaks no TLS.
    private static let tlsAlert: [UInt8] = [0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x46]

    private static let plainHTTP = http(
        "This is a Tracewire collector. It speaks its own protocol, not HTTP. Ask it with: tracewire status\n")

    private static let encryptedHTTP = http(
        "This is a Tracewire collector. It speaks its own protocol over TLS, not HTTP. Ask it with: tracewire status --tls\n"
    )

    private static func http(_ text: String) -> [UInt8] {
        let head = """
            HTTP/1.1 400 Bad Request\r
            Content-Type: text/plain; charset=utf-8\r
            Content-Length: \(text.utf8.count)\r
            Connection: close\r
            \r

            """
        return Array((head + text).utf8)
    }
}
