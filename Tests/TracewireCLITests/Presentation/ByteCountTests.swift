import Testing

@testable import TracewireCLI

@Suite("Sizes as people type them")
struct ByteCountTests {
    @Test(
        "count in thousands, and in 1024s where that is said",
        arguments: [
            ("0", 0), ("1500", 1500), ("12B", 12), ("500M", 500_000_000), ("20G", 20_000_000_000),
            ("20gb", 20_000_000_000), ("1k", 1000), ("2KiB", 2048), ("3T", 3_000_000_000_000),
            ("1GiB", 1_073_741_824),
        ])
    func read(text: String, bytes: Int64) {
        #expect(ByteCount.parse(text) == bytes)
    }

    @Test("and nothing else is one", arguments: ["", "G", "-1", "1.5G", "10 G", "1X", "1Gx", "1KB2", "10000000000T"])
    func refused(text: String) {
        #expect(ByteCount.parse(text) == nil)
    }
}
