import Testing
import TracewireProtocol

@testable import TracewireCollector

@Suite("Verdicts on their way out")
struct VerdictPagesTests {
    private func verdicts(_ sequence: UInt64, _ count: Int, message: String = "m") -> [Verdict] {
        (0..<count).map { Verdict(sequence: sequence, index: UInt32($0), code: .invalidJSON, message: message) }
    }

    @Test("are in the first ACK that covers their batch, and an ACK holds no more than a batch and a half")
    func pages() {
        let all = verdicts(3, 2000) + verdicts(4, 4000) + verdicts(6, 10) + verdicts(7, 4096) + verdicts(8, 1)
        let pages = VerdictPages.divide(all, last: 9)
        #expect(pages.map(\.sequence) == [4, 7, 9])
        #expect(pages.map(\.verdicts.count) == [6000, 4106, 1])
        #expect(pages.flatMap(\.verdicts) == all)
        for page in pages { #expect(page.verdicts.allSatisfy { $0.sequence <= page.sequence }) }
    }

    @Test("none make one ACK")
    func none() {
        #expect(VerdictPages.divide([], last: 5).map(\.sequence) == [5])
    }

    @Test("have short sentences, cut between characters: a full ACK fits into a frame")
    func size() throws {
        let long = String(repeating: "한", count: 400)
        let largest =
            verdicts(.max - 1, Limits.batchRecords / 2 - 1, message: long)
            + verdicts(.max, Limits.batchRecords, message: long)
        let pages = VerdictPages.divide(largest, last: .max)
        #expect(pages.count == 1)
        let ack = Ack(verdicts: pages[0].verdicts, credit: 1)
        #expect(ack.verdicts[0].message.utf8.count == 510)
        #expect(ack.encoded().count < Limits.frameRawBytes)
    }
}
