import Testing

@testable import TracewireCLI

@Suite("Text on terminals")
struct TerminalTextTests {
    @Test(
        "knows how many columns text takes",
        arguments: [
            ("", 0), ("abc", 3), ("성수", 4), ("日本", 4), ("é", 1), ("e\u{301}", 1), ("🌙", 2), ("👩‍👩‍👧", 2), ("🇰🇷", 2),
            ("…", 1),
            ("█", 1), ("✓", 1), ("ｆ", 2), ("\u{200b}", 0), ("a성b", 4), ("❤️", 2), ("ㄱ", 2),
        ])
    func width(text: String, columns: Int) {
        #expect(TerminalText.width(text) == columns)
    }

    @Test("cuts to columns without splitting a character, and says so")
    func cut() {
        #expect(TerminalText.cut("abcdef", to: 6) == "abcdef")
        #expect(TerminalText.cut("abcdef", to: 4) == "abc…")
        #expect(TerminalText.cut("성수에서", to: 6) == "성수…")
        #expect(TerminalText.cut("성수에서", to: 5) == "성수…")
        #expect(TerminalText.cut("성수에서", to: 4) == "성…")
        #expect(TerminalText.cut("abc", to: 0) == "")
        for limit in 1...12 { #expect(TerminalText.width(TerminalText.cut("a성수👩‍👩‍👧🌙e\u{301}xyz", to: limit)) <= limit) }
    }

    @Test(
        "sound marks of their own width, squared signs and old scripts take the columns that they have",
        arguments: [("ｶﾞ", 2), ("ﾊﾟﾝ", 3), ("🈂", 2), ("🈐", 2), ("𗀀", 2), ("\u{2329}", 2), ("𛀁", 2), ("が", 2)])
    func ownWidths(text: String, columns: Int) {
        #expect(TerminalText.width(text) == columns)
    }

    @Test("a line of parts that is cut says so, also where a part ends at the edge")
    func parts() {
        func shown(_ width: Int) -> String {
            var line = StyledLine()
            line.append("성수 ")
            line.append("", .dim)
            line.append("abc", .red)
            return line.text(for: Terminal(isTerminal: true, width: width, hasColour: false))
        }
        #expect(shown(8) == "성수 abc")
        #expect(shown(7) == "성수 a…")
        #expect(shown(5) == "성수…")
        #expect(shown(1) == "…")
    }

    @Test("a live picture keeps its head, and the last lines of the rest")
    func live() {
        let lines = (1...20).map { "\($0)" }
        #expect(LiveScreen.fitting(lines, head: 3, rows: 20) == lines)
        #expect(LiveScreen.fitting(lines, head: 3, rows: 6) == ["1", "2", "3", "18", "19", "20"])
        #expect(LiveScreen.fitting(lines, head: 12, rows: 6) == ["1", "2", "3", "4", "19", "20"])
        #expect(LiveScreen.fitting(lines, head: 20, rows: 3) == ["1", "2", "3"])
    }

    @Test("shows what a terminal would obey, instead of sending it")
    func controls() {
        let hostile = "\u{1b}[31m\u{7}\u{7f}\u{9b}2J\r\n\t\0\u{202e}\u{2066}"
        #expect(TerminalText.shown(hostile) == "␛[31m␇␡�2J␍↵␉␀��")
        #expect(TerminalText.shown("a\n\tb\r", keepingLines: true) == "a\n\tb␍")
        #expect(TerminalText.shown("성수 🌙 👩‍👩‍👧") == "성수 🌙 👩‍👩‍👧")
    }
}
