import Testing
import TracewireProtocol

@testable import TracewireStore

/// The search finds what SQL finds in the views, where every value stands as it was sent.
struct SearchComparisonTests {
    private let recorder: Recorder

    init() throws {
        recorder = try Recorder()
    }

    private static let words = ["alpha", "Alpha", "beta", "홍대", "성수", "é", "n\u{a0}t", "a", "b", "[x]", "가가가"]

    private static func text(_ words: Int, _ random: inout SplitMix) -> String {
        (0..<words).map { _ in Self.words.randomElement(using: &random) ?? "" }.joined(separator: " ")
    }

    /// Of many lengths, about half of them small enough for a row.
    private static func length(_ random: inout SplitMix) -> Int {
        [1, 3, 6, 12, 40, 200, 1_000].randomElement(using: &random) ?? 1
    }

    private static func records(_ number: UInt64, _ random: inout SplitMix) -> [Record<String>] {
        func text() -> String { Self.text(Self.length(&random), &random) }
        func json() -> String { "\"" + text() + "\"" }
        let workflow = identifier(number)
        let node = identifier(1_000 + number)
        let at = Int64(random.next() % 1_000)
        return [
            workflowStart(workflow, at: at, name: Self.text(2, &random)) {
                ($0.userInput, $0.userIntent, $0.tags, $0.dateTheme) = (text(), json(), json(), json())
            },
            describedStart(node, in: workflow, at: at, name: Self.text(1, &random)),
            nodeEnd(node, in: workflow, .failed, at: at) {
                ($0.stateData, $0.outputData, $0.errorMessage, $0.errorTraceback) = (json(), json(), text(), text())
            },
            generation(identifier(2_000 + number), in: workflow, node: node, at: at) {
                ($0.systemPrompt, $0.userPrompt, $0.output, $0.parsedOutput) = (text(), text(), text(), json())
            },
            workflowEnd(workflow, at: at + 1) { ($0.userIntent, $0.finalItinerary) = (json(), json()) },
        ]
    }

    private func fill(_ random: inout SplitMix) throws {
        var records: [Record<String>] = []
        for number in 1...30 as ClosedRange<UInt64> {
            records += Self.records(number, &random)
            // Commits of many sizes: some values share a segment.
            guard random.next() % 3 == 0 else { continue }
            try recorder.send(all: records)
            records = []
        }
        try recorder.send(all: records)
    }

    private func plain(_ text: String, ignoresCase: Bool, _ reader: StoreReader) throws -> Set<String> {
        var found: Set<String> = []
        for table in PayloadColumn.Table.allCases {
            for column in [table.nameColumn] + PayloadColumn.columns(of: table).map(\.name) {
                let value = ignoresCase ? "lower(\(column))" : column
                let wanted = ignoresCase ? "lower(?1)" : "?1"
                let answer = reader.sql(
                    """
                    SELECT '\(table.rawValue) ' || id || ' \(column) at '
                        || (instr(CAST(\(value) AS BLOB), CAST(\(wanted) AS BLOB)) - 1) || ', '
                        || ((length(CAST(\(value) AS BLOB)) - length(CAST(replace(\(value), \(wanted), '') AS BLOB)))
                            / length(CAST(?1 AS BLOB))) || ' times'
                    FROM \(table.rawValue) WHERE instr(\(value), \(wanted)) > 0
                    """, .text(text))
                #expect(answer.summary.code == .ok, "\(answer.summary.message)")
                found.formUnion(answer.rows.compactMap { if case .text(let text)? = $0.first { text } else { nil } })
            }
        }
        return found
    }

    private func expectTheSame() throws {
        let reader = try StoreReader(path: recorder.database.path)
        let texts = ["a", "홍대 성수", "가가", "beta Alpha b", "n\u{a0}t é", "] [", "not there", "\"a"]
        for text in texts {
            for ignoresCase in [false, true] {
                let answer = reader.search(
                    text, ["ignore_case": .integer(ignoresCase ? 1 : 0), "limit": .integer(100_000)])
                #expect(answer.summary.code == .ok)
                let hits = answer.hits.map(\.description)
                #expect(Set(hits).count == hits.count)
                let expected = try plain(text, ignoresCase: ignoresCase, reader)
                #expect(expected.symmetricDifference(hits) == [], "\(text)")
                #expect(expected.isEmpty == (text == "not there"), "the test has to find \(text)")
            }
        }
    }

    @Test(arguments: [1, 2] as [UInt64])
    func `a search finds what SQL finds, before and after segments are merged`(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        try fill(&random)
        try expectTheSame()
        while try recorder.writer.maintain(isIdle: true) {}
        try expectTheSame()
    }
}
