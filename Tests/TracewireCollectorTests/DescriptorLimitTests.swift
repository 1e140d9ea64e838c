import Testing

@testable import TracewireCollector

@Suite("The limit of descriptors")
struct DescriptorLimitTests {
    @Test(
        "leaves room for what is no connection, and for those that are refused",
        arguments: [120, 121, 200, 512, 1_024, 4_000])
    func fits(limit: Int) throws {
        let room = try #require(DescriptorLimit.room(below: limit, reserve: 100, wanted: 4_096))
        #expect(room.connections >= 16)
        #expect(room.refusedAtATime >= 4)
        #expect(room.connections + room.refusedAtATime == limit - 100)
    }

    @Test("is too low for a reserve with less than a few connections beside it, and allows no more than are wanted")
    func bounds() {
        #expect(DescriptorLimit.room(below: 119, reserve: 100, wanted: 4_096) == nil)
        #expect(
            DescriptorLimit.room(below: 20_000, reserve: 100, wanted: 50)
                == DescriptorLimit.Room(connections: 50, refusedAtATime: 32))
    }
}
