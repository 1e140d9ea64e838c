import Testing

@testable import TracewireCLI

@Suite("Addresses")
struct AddressTests {
    @Test(
        "reads HOST:PORT, IPv6 in brackets",
        arguments: [
            ("127.0.0.1:4747", "127.0.0.1", 4747), ("localhost:0", "localhost", 0), ("[::1]:80", "::1", 80),
        ])
    func reads(text: String, host: String, port: Int) {
        let address = NetworkAddress(argument: text)
        #expect(address == NetworkAddress(host: host, port: port))
        #expect(address?.description == text)
    }

    @Test(
        "refuses anything else", arguments: ["", "host", ":4747", "host:", "host:x", "host:65536", "host:-1", "::1:80"])
    func refuses(text: String) {
        #expect(NetworkAddress(argument: text) == nil)
    }
}
