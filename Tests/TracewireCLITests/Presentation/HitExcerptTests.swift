import Testing
import TracewireProtocol

@testable import TracewireCLI

@Suite("Excerpts of hits")
struct HitExcerptTests {
    private func excerpt(_ text: String, hit: String, offset: Int64? = nil, valueBytes: Int? = nil) -> HitExcerpt {
        let bytes = Array(text.utf8)
        let place = bytes.indices.first { bytes[$0...].starts(with: hit.utf8) } ?? 0
        let columns = AnswerColumns(
            ["excerpt", "excerpt_offset", "offset", "value_bytes"].map { Column(name: $0, declaredType: "") })
        let row = AnswerRow(
            columns,
            [
                .text(text), .integer(Int64(place)), .integer(offset ?? Int64(place)),
                .integer(Int64(valueBytes ?? bytes.count)),
            ])
        return HitExcerpt(row, textBytes: hit.utf8.count)
    }

    private func line(_ excerpt: HitExcerpt, _ width: Int?) -> String {
        let parts = excerpt.parts(width: width)
        return "\(parts.before)[\(parts.hit)]\(parts.after)"
    }

    @Test("an ellipsis stands where the value goes on")
    func ends() {
        #expect(line(excerpt("before hit after", hit: "hit"), nil) == "before [hit] after")
        #expect(
            line(excerpt("before hit after", hit: "hit", offset: 100, valueBytes: 109), nil) == "…before [hit] after")
        #expect(line(excerpt("before hit after", hit: "hit", valueBytes: 17), nil) == "before [hit] after…")
    }

    @Test("the hit stays in sight however little room there is, with as much as there is room for on both sides")
    func room() {
        let both = excerpt("0123456789 hit 0123456789", hit: "hit")
        #expect(line(both, 25) == "0123456789 [hit] 0123456789")
        #expect(line(both, 13) == "…789 [hit] 012…")
        #expect(line(both, 3) == "[hit]")
        #expect(line(both, 2) == "[h…]")
        #expect(line(both, 0) == "[]")
        #expect(line(excerpt("hit 0123456789", hit: "hit"), 8) == "[hit] 012…")
        #expect(line(excerpt("0123456789 hit", hit: "hit"), 8) == "…789 [hit]")
        #expect(line(excerpt("01 hit 0123456789", hit: "hit"), 13) == "01 [hit] 01234…")
        #expect(line(excerpt("앞에서 홍대 뒤에서", hit: "홍대"), 11) == "…서 [홍대] …")
    }

    @Test("a row that contradicts itself is shown as far as it can be", arguments: [-5, 100, Int64.max, .min])
    func nonsense(offset: Int64) {
        for column in ["excerpt_offset", "offset", "value_bytes"] {
            let columns = AnswerColumns(["excerpt", column].map { Column(name: $0, declaredType: "") })
            let parts = HitExcerpt(AnswerRow(columns, [.text("text"), .integer(offset)]), textBytes: 2).parts(
                width: nil)
            #expect((parts.before + parts.hit + parts.after).replacing("…", with: "") == "text")
        }
    }
}
