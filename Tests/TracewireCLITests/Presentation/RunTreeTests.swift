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

    private func node(_ id: Int64, _ name: String, _ status: String = "completed") -> AnswerRow {
        let columns = AnswerColumns(
            [("id", "INTEGER"), ("node_name", "TEXT"), ("status", "TEXT"), ("started_at", "INTEGER")].map {
                Column(name: $0.0, declaredType: $0.1)
            })
        return AnswerRow(columns, [.integer(id), .text(name), .text(status), .integer(id)])
    }

    @Test(
        "many nodes that are alike are one line between the first and the last, and one that failed is not among them")
    func folding() {
        let rows = (1...30_000).map { node(Int64($0), "search", $0 == 20_000 ? "failed" : "completed") }
        let run = Run(workflow: row(["created_at": 0]), nodes: rows + [node(40_000, "write")], generations: [])
        let lines = RunLines(run, folds: true).lines
        #expect(
            lines.map(\.name) == [
                "├─ ✓ search", "├─ ⋯ 19997 more: search", "├─ ✓ search", "├─ ✗ search", "├─ ✓ search ↻2",
                "├─ ⋯ 9998 more: search", "├─ ✓ search", "└─ ✓ write",
            ])
        #expect(lines[1].start == 2)
        #expect(RunLines(run, folds: false).lines.count == 30_001)
    }

    @Test("calls of one model are folded within their node, those with an error stay")
    func foldedCalls() {
        let columns = AnswerColumns(
            ["node_id", "model_name", "total_tokens", "error_message"].map { Column(name: $0, declaredType: "") })
        let calls = (1...20).map { number in
            AnswerRow(
                columns,
                [.integer(1), .text("gpt-4o"), .integer(10), number == 20 ? .text("rate limit") : .null])
        }
        let lines = RunLines(
            Run(workflow: row(["created_at": 0]), nodes: [node(1, "search")], generations: calls), folds: true
        ).lines
        #expect(
            lines.map(\.name) == [
                "└─ ✓ search", "   ├─ ◆ gpt-4o", "   ├─ ⋯ 17 more: gpt-4o", "   ├─ ◆ gpt-4o", "   └─ ✗ gpt-4o",
            ])
        #expect(lines.map(\.tokens) == [200, 10, 170, 10, 10])
        #expect(lines[4].remarks == ["rate limit"])
    }

    @Test("nodes whose names only look the same are neither folded into one line nor tries of one step")
    func lookAlikes() {
        let (composed, decomposed) = ("caf\u{e9}", "cafe\u{301}")
        let rows = (1...8).map { node(Int64($0), $0 <= 4 ? composed : decomposed) }
        let run = Run(workflow: row(["created_at": 0]), nodes: rows, generations: [])
        #expect(RunLines(run, folds: true).lines.count == 8)
        let tried = Run(
            workflow: row(["created_at": 0]), nodes: [node(1, composed, "failed"), node(2, decomposed)], generations: []
        )
        #expect(tried.nodes.map(\.attempt) == [1, 1])
        #expect(Run.is(rows[0], named: composed) && !Run.is(rows[0], named: decomposed))
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
