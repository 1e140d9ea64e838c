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

    @Test("shows what a terminal would obey, instead of sending it")
    func controls() {
        let hostile = "\u{1b}[31m\u{7}\u{7f}\u{9b}2J\r\n\t\0\u{202e}\u{2066}"
        #expect(TerminalText.shown(hostile) == "␛[31m␇␡�2J␍↵␉␀��")
        #expect(TerminalText.shown("a\n\tb\r", keepingLines: true) == "a\n\tb␍")
        #expect(TerminalText.shown("성수 🌙 👩‍👩‍👧") == "성수 🌙 👩‍👩‍👧")
    }
}
