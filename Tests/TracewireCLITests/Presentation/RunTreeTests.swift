import Testing
import TracewireProtocol

@testable import TracewireCLI

@Suite("Waterfalls and progress")
struct RunTreeTests {
    @Test(
        "a bar stands where its time stands, and is never empty",
        arguments: [
            (0, 100, "██████████"), (50, 100, "     █████"), (0, 0, "█"), (100, 100, "         █"), (30, 40, "   █"),
            (-50, 20, "██"), (90, 500, "         █"),
        ] as [(Int64, Int64, String)])
    func bars(start: Int64, end: Int64, drawn: String) {
        #expect(Bar(extent: 0...100, columns: 10).drawn(start, end) == drawn)
    }

    @Test("a bar without an end goes on, one without a start is none, and a run of no length has room")
    func openBars() {
        let bar = Bar(extent: 0...100, columns: 10)
        #expect(bar.drawn(80, nil) == "        ██")
        #expect(bar.drawn(nil, 50) == "")
        #expect(Bar(extent: 7...7, columns: 10).drawn(7, 7) == "█")
    }

    @Test("a run extends to the last thing that happened in it, whenever that was heard")
    func extent() {
        let run = Run(
            workflow: row(["created_at": 10, "last_heard_at": 9_000]), nodes: [row(["id": 1, "started_at": 20])],
            generations: [row(["node_id": 1, "created_at": 30])])
        #expect(run.extent == 10...30)
    }

    private func row(_ values: KeyValuePairs<String, Int64>) -> AnswerRow {
        AnswerRow(
            AnswerColumns(values.map { Column(name: $0.key, declaredType: "INTEGER") }),
            values.map { .integer($0.value) })
    }

    @Test("a progress line fits its terminal, and shows the share where the end is known")
    func progress() {
        let line = ProgressBar.line(share: 0.5, "12 MB read", width: 80)
        #expect(line == "████████████░░░░░░░░░░░░  50 %  12 MB read")
        #expect(ProgressBar.line(share: nil, "12 MB read", width: 80) == "12 MB read")
        #expect(ProgressBar.line(share: 7, "", width: 80).contains("100 %"))
        #expect(TerminalText.width(ProgressBar.line(share: 0.1, "a long text about it", width: 40)) < 40)
    }
}
