/// What a TLS library says of a failure, without the place in its own source.
package enum TLSReason {
    private static let marker = "OPENSSL_internal:"

    /// The name of the first reason in what BoringSSL's errors describe, such as `CERTIFICATE_VERIFY_FAILED`; `nil` if there is
    /// none.
    package static func name(in description: String) -> String? {
        let (text, marker) = (description.utf8, marker.utf8)
        var start = text.startIndex
        while start != text.endIndex, !text[start...].starts(with: marker) { text.formIndex(after: &start) }
        let name = text[start...].dropFirst(marker.count).prefix { isName($0) }
        return name.isEmpty ? nil : String(name)
    }

    private static func isName(_ byte: UInt8) -> Bool {
        UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
            || byte == UInt8(ascii: "_")
    }
}
