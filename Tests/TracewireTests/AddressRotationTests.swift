import Testing

@testable import Tracewire

@Suite struct AddressRotationTests {
    private static let addresses = (1...3).map { CollectorAddress(host: "h", port: $0) }

    @Test func `each address is tried once before there is a wait`() {
        var rotation = AddressRotation(Self.addresses)
        var tried: [Int] = []
        for _ in 1...2 {
            repeat { tried.append(rotation.current.port) } while rotation.fail()
        }
        #expect(tried == [1, 2, 3, 1, 2, 3])
    }

    @Test func `one that answered stays until it fails`() {
        var rotation = AddressRotation(Self.addresses)
        _ = rotation.fail()
        rotation.succeed()
        #expect(rotation.current.port == 2)
        let goesOn = (1...3).map { _ in rotation.fail() }
        #expect(goesOn == [true, true, false])
        #expect(rotation.current.port == 2)
    }
}
