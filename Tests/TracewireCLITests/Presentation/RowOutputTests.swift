import Foundation
import Testing
import TracewireProtocol

@testable import TracewireCLI

@Suite("Output formats")
struct RowOutputTests {
    private static let columns = AnswerColumns([
        Column(name: "name", declaredType: "TEXT"), Column(name: "n", declaredType: "INTEGER"),
        Column(name: "data", declaredType: "JSON TEXT"),
    ])
    private static let rows: [[Value]] = [
        [.text("성수"), .integer(5), .text("{ \"b\":1,\n\"a\":[] }")],
        [.text("a,\"b\"\r\n"), .real(0.5), .null],
        [.text(""), .null, .text("not json")],
        [.text("🌙"), .integer(.max), .blob([0, 255, 16])],
    ]

    private func written(
        _ format: OutputFormat, _ rows: [[Value]] = rows, terminal: Terminal = .none, view: TableView = .everything
    ) throws -> String {
        let directory = try TestDirectory()
        let descriptor = open(directory.file("output"), O_WRONLY | O_CREAT, 0o600)
        defer { close(descriptor) }
        let output = Output(descriptor: descriptor, terminal: terminal)
        var table = format.output(to: output, view: view)
        try table.begin(Self.columns)
        for row in rows { try table.row(row) }
        try table.end()
        try output.flush()
        return String(decoding: try directory.read("output"), as: UTF8.self)
    }

    @Test("json is one array; declared JSON stands as it is, unless it is none")
    func json() throws {
        let expected = #"""
            [
            {"name":"성수","n":5,"data":{ "b":1, "a":[] }},
            {"name":"a,\"b\"\r\n","n":0.5,"data":null},
            {"name":"","n":null,"data":"not json"},
            {"name":"🌙","n":9223372036854775807,"data":"00ff10"}
            ]

            """#
        #expect(try written(.json) == expected)
        #expect(try written(.json, []) == "[]\n")
    }

    @Test("ndjson is one object a line")
    func ndjson() throws {
        let lines = try written(.ndjson).split(separator: "\n")
        #expect(lines.count == 4)
        #expect(lines[0] == #"{"name":"성수","n":5,"data":{ "b":1, "a":[] }}"#)
        #expect(try written(.ndjson, []) == "")
    }

    @Test("csv is RFC 4180 with line feeds, and tells an empty text from NULL")
    func csv() throws {
        let expected =
            "name,n,data\n성수,5,\"{ \"\"b\"\":1,\n\"\"a\"\":[] }\"\n\"a,\"\"b\"\"\r\n\",0.5,\n\"\",,not json\n"
            + "🌙,9223372036854775807,00ff10\n"
        #expect(try written(.csv) == expected)
    }

    @Test("a table aligns by columns on the screen, numbers to the right")
    func table() throws {
        let expected = [
            "name                       n  data",
            "성수                       5  { \"b\":1,↵\"a\":[] }",
            "a,\"b\"␍↵                  0.5  NULL",
            "                        NULL  not json",
            "🌙       9223372036854775807  00ff10",
        ]
        let lines = try written(.table).split(separator: "\n").map(String.init)
        #expect(lines == expected)
    }

    @Test("on a terminal a table is cut to its width, elsewhere nothing is", arguments: [20, 30, 40, 80])
    func cut(width: Int) throws {
        let wide: [[Value]] = [
            [.text(String(repeating: "가", count: 100)), .integer(1), .text(String(repeating: "x", count: 50))]
        ]
        let terminal = Terminal(isTerminal: true, width: width, hasColour: false)
        let lines = try written(.table, wide, terminal: terminal).split(separator: "\n")
        for line in lines {
            #expect(TerminalText.width(String(line)) <= width)
        }
        #expect(try written(.table, wide).contains(String(repeating: "가", count: 100)))
    }

    @Test("numbers and times are never cut; columns that have no room are left out from the right, and named")
    func leftOut() throws {
        let terminal = Terminal(isTerminal: true, width: 31, hasColour: false)
        let rows: [[Value]] = [[.text("a name that is long"), .integer(1_234_567_890_123), .text("[1,2,3,4,5,6]")]]
        let lines = try written(.table, rows, terminal: terminal).split(separator: "\n").map(String.init)
        #expect(
            lines == [
                "name" + String(repeating: " ", count: 26) + "n", "a name that is …  1234567890123",
                "not shown: data; --wide shows", "every column",
            ])
    }

    @Test("the columns of the highest rank are left out first, and their names broken between words")
    func ranks() throws {
        let view = TableView(
            [
                .column("name", "NAME"), .column("n", "SOMETIMES", rank: 2), .column("n", "SELDOM", rank: 1),
                .column("n", "COUNT"),
            ], empty: "none")
        let rows: [[Value]] = [[.text("a"), .integer(1), .null]]
        func lines(_ width: Int) throws -> [String] {
            try written(.table, rows, terminal: Terminal(isTerminal: true, width: width, hasColour: false), view: view)
                .split(separator: "\n").map(String.init)
        }
        #expect(try lines(30)[0] == "NAME  SOMETIMES  SELDOM  COUNT")
        #expect(
            try lines(29) == [
                "NAME  SELDOM  COUNT", "a          1      1", "not shown: SOMETIMES; --wide", "shows every column",
            ])
        #expect(
            try lines(18) == [
                "NAME  COUNT", "a         1", "not shown:", "SOMETIMES, SELDOM;", "--wide shows every", "column",
            ])
    }

    @Test("rows beyond those that are measured are written as they come")
    func manyRows() throws {
        let rows = (0..<1200).map { [Value.text("row"), .integer(Int64($0)), .null] }
        let lines = try written(.table, rows).split(separator: "\n")
        #expect(lines.count == 1201)
        #expect(lines[1200] == "row   1199  NULL")
    }

    @Test("what is held back for measuring is bounded in bytes, too")
    func largeRows() throws {
        let directory = try TestDirectory()
        let descriptor = open(directory.file("output"), O_WRONLY | O_CREAT, 0o600)
        defer { close(descriptor) }
        var table = TableOutput(Output(descriptor: descriptor, terminal: .none), view: .everything)
        try table.begin(Self.columns)
        for _ in 1...3 { try table.row([.text(String(repeating: "x", count: 1 << 20)), .null, .null]) }
        #expect(try directory.read("output").count > 2 << 20)
    }

    @Test("a table without rows says so, in its view's words or below its head")
    func noRows() throws {
        #expect(try written(.table, []) == "name  n  data\nno rows\n")
        let view = TableView([.column("name", "NAME")], empty: "no names")
        #expect(try written(.table, [], view: view) == "no names\n")
    }

    @Test("what is no finite number is null in JSON")
    func infinities() throws {
        let rows: [[Value]] = [[.real(.infinity), .real(-.infinity), .real(.nan)]]
        #expect(try written(.ndjson, rows) == #"{"name":null,"n":null,"data":null}"# + "\n")
    }

    @Test("a terminal is never sent a stored control character, whatever the format", arguments: OutputFormat.allCases)
    func hostile(format: OutputFormat) throws {
        let rows: [[Value]] = [[.text("\u{1b}]0;x\u{7}\u{9b}2J\u{7f}"), .null, .text("\"\u{9b}\"")]]
        let terminal = Terminal(isTerminal: true, width: 80, hasColour: false)
        let sent = try written(format, rows, terminal: terminal)
        let controls = sent.unicodeScalars.filter { $0.properties.generalCategory == .control }
        #expect(controls.allSatisfy { $0 == "\n" || $0 == "\r" })
    }

    @Test("colour comes with a terminal that wants it, and goes with the text")
    func colour() throws {
        let coloured = Terminal(isTerminal: true, width: 80, hasColour: true)
        let view = TableView([.column("name", "STATUS", .status)], empty: "none")
        let rows: [[Value]] = [[.text("failed")], [.text("completed")]]
        #expect(try written(.table, rows, terminal: coloured, view: view).contains("\u{1b}[31mfailed\u{1b}[0m"))
        #expect(try !written(.table, rows, view: view).contains("\u{1b}"))
    }

    @Test("a reader who is gone is told apart from a disk that is full")
    func readerGone() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        close(ends[0])
        defer { close(ends[1]) }
        signal(SIGPIPE, SIG_IGN)
        let output = Output(descriptor: ends[1], terminal: .none)
        try output.line("lost")
        #expect(throws: Output.ReaderGone.self) { try output.flush() }
        let full = open("/dev/full", O_WRONLY)
        defer { close(full) }
        let disk = Output(descriptor: full, terminal: .none)
        try disk.line("lost")
        #expect(throws: Output.WriteFailed.self) { try disk.flush() }
    }
}
