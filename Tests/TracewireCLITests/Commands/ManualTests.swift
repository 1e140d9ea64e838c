import Foundation
import Testing

/// The manual pages and completion scripts that the program writes of itself.
@Suite("The manual", .timeLimit(.minutes(5)))
struct ManualTests {
    private let directory: TestDirectory

    init() async throws {
        directory = try TestDirectory()
        let outcome = try await Program().run(["manual", directory.file("share/deeper")])
        #expect(outcome.exit == 1, "a directory is made, those above it are not")
        #expect(try await Program().run(["manual", directory.file("share")]).exit == 0)
    }

    private func pages() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory.file("share/man/man1")).sorted()
    }

    @Test("has a page for every command that --help names, and for those below it")
    func complete() async throws {
        let help = try await Program().run(["--help"])
        let listed = try #require(help.text.components(separatedBy: "SUBCOMMANDS:\n").last).split(separator: "\n")
            .compactMap { $0.wholeMatch(of: /\ \ ([a-z]+)\ .*/)?.output.1 }
        #expect(listed.count > 15)
        let pages = try pages()
        for command in listed { #expect(pages.contains("tracewire-\(command).1"), "\(command)") }
        #expect(pages.contains("tracewire.1") && pages.contains("tracewire-rejected-show.1"))
        #expect(!pages.contains("tracewire-manual.1"))
    }

    @Test("is formatted without a warning, and says what --help says")
    func formatted() async throws {
        for page in try pages() {
            let path = directory.file("share/man/man1/\(page)")
            let shown = try await Program(executable: URL(filePath: "/usr/bin/env")).run(
                ["groff", "-man", "-Tutf8", "-ww", "-P-cbu", "-rLL=200n", path])
            #expect(shown.exit == 0 && shown.errors.isEmpty, "\(page): \(shown.errors)")
            let words = page.dropLast(2).split(separator: "-").dropFirst().map(String.init)
            let help = try await Program().run(words + ["--help"])
            for option in help.text.matches(of: /--[a-z-]+/).map(\.output) where option != "--help" {
                #expect(shown.text.contains(option), "\(page) does not say \(option)")
            }
        }
    }

    @Test(
        "completes commands, options and their values in bash",
        arguments: [
            ("workf", "workflows"), ("workflows --sta", "--status"), ("workflows --status fai", "failed"),
            ("stats mod", "models"),
        ])
    func completion(typed: String, completed: String) async throws {
        let script = #"""
            source "$1"; words=(tracewire $2); COMP_WORDS=("${words[@]}"); COMP_CWORD=$((${#words[@]} - 1))
            COMP_LINE="tracewire $2"; COMP_POINT=${#COMP_LINE}; PATH="$(dirname "$3"):$PATH"
            $(complete -p tracewire | sed 's/.*-F \([^ ]*\).*/\1/') tracewire "${words[-1]}" "${words[-2]}"
            printf '%s\n' "${COMPREPLY[@]}"
            """#
        let outcome = try await Program(executable: URL(filePath: "/usr/bin/env")).run([
            "bash", "-c", script, "bash", directory.file("share/bash-completion/completions/tracewire"), typed,
            Paths.tracewire.path,
        ])
        #expect(outcome.lines.map { $0.trimmingCharacters(in: .whitespaces) } == [completed], "\(outcome.errors)")
    }
}
