/// A text of that many bytes that compresses little, always the same for the same seed; beyond a mebibyte it repeats.
func noise(_ count: Int, seed: UInt64 = 1) -> String {
    let block = noiseBlock(min(count, 1 << 20), seed: seed)
    guard count > block.count else { return String(decoding: block, as: UTF8.self) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + block.count)
    while bytes.count < count { bytes += block }
    return String(decoding: bytes[..<count], as: UTF8.self)
}

/// Letters and digits, which JSON need not escape, from a linear congruential generator.
private func noiseBlock(_ count: Int, seed: UInt64) -> [UInt8] {
    let letters = Array("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_".utf8)
    var state = seed &* 2_862_933_555_777_941_757 &+ 3_037_000_493
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return letters[Int(truncatingIfNeeded: state >> 58)]
    }
}
