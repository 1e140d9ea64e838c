import Foundation
import Testing

/// `TRACEWIRE_EVERY_BYTE=1` flips every byte of a file, which takes an hour (Torture/README.md).
private let takesEveryByte = ProcessInfo.processInfo.environment["TRACEWIRE_EVERY_BYTE"] == "1"

/// How long a suite may take in which bytes are flipped.
let flippingTime = TimeLimitTrait.Duration.minutes(takesEveryByte ? 240 : 5)

/// The places of a page or frame where a byte is flipped: its first, its last, and some between; or all.
func flippedBytes(of area: Range<Int>, using generator: inout SeededGenerator) -> [Int] {
    guard !takesEveryByte else { return Array(area) }
    return [area.lowerBound, area.upperBound - 1] + (0..<6).map { _ in Int.random(in: area, using: &generator) }
}
