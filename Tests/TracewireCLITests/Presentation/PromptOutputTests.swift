import Foundation
import Testing
import TracewireProtocol

@testable import TracewireCLI

@Suite("Prompt output")
struct PromptOutputTests {
    @Test("a row is out before the next comes, and is counted")
    func rows() throws {
        let directory = try TestDirectory()
        let output = try Output.creating(directory.file("rows"))
        let rows = PromptOutput(OutputFormat.ndjson.output(to: output, view: .everything), output)
        try rows.begin(AnswerColumns([Column(name: "n", declaredType: "")]))
        for number in 1...3 as ClosedRange<Int64> {
            try rows.row([.integer(number)])
            #expect(rows.count == number)
            #expect(try directory.read("rows").suffix(8) == Data("{\"n\":\(number)}\n".utf8))
        }
    }
}
