import Foundation
import Testing

@testable import TracewireCLI

@Suite("The program")
struct ProgramTests {
    private static let commands = [
        [], ["serve"], ["demo"], ["import"], ["export"], ["workflows"], ["show"], ["stats"], ["sql"], ["rejected"],
        ["errors"], ["diff"], ["search"], ["rejected", "list"], ["rejected", "show"], ["rejected", "retry"],
        ["rejected", "discard"], ["status"], ["token"], ["token", "create"], ["token", "list"], ["token", "revoke"],
    ]

    @Test("every command says what it does, with an example, and exits with 0", arguments: commands)
    func help(command: [String]) async throws {
        let outcome = try await Program(environment: ["COLUMNS": "80"]).run(command + ["--help"])
        #expect(outcome.exit == 0)
        #expect(outcome.errors.isEmpty)
        #expect(outcome.text.contains("OVERVIEW: "))
        #expect(outcome.text.contains("  tracewire \(command.joined(separator: " "))"))
        let synopsis = try #require(outcome.lines.firstIndex { $0.hasPrefix("USAGE: tracewire") })
        for (line, next) in zip(outcome.lines[..<synopsis], outcome.lines[1...]) where line.hasPrefix("  tracewire ") {
            // An example that does not fit 80 columns goes on at the edge, with what belongs to its line.
            #expect(TerminalText.width(line) <= 80 && !next.hasPrefix("--"), "\(line)")
        }
    }

    @Test(
        "wrong usage exits with 2 and says what is right",
        arguments: [
            ["frobnicate"], ["show"], ["workflows", "--status", "lost"], ["workflows", "--since", "yesterday"],
            ["workflows", "--limit", "0"], ["stats", "everything"], ["import", "-", "--batch-bytes", "1"],
            ["sql", "SELECT 1", "--format", "xml"], ["status", "--connect", "host:0"], ["serve", "--listen", "4747"],
            ["demo", "--connect", "host:x"], ["serve", "--fail-silent-after", "0s"],
            ["prune", "--older-than", "0s", "--yes"], ["import", "-", "--timeout", "0s"],
            ["search", "x", "--timeout", "0s"], ["sql", "SELECT 1", "--timeout", "0s"],
        ])
    func usage(arguments: [String]) async throws {
        let outcome = try await Program().run(arguments)
        #expect(outcome.exit == 2)
        #expect(outcome.output.isEmpty)
        #expect(outcome.errors.hasPrefix("error: "))
        #expect(outcome.errors.contains("Usage: tracewire"))
    }

    @Test(
        "a word that is no command is answered with the one that was probably meant",
        arguments: [
            (["wrkflows"], "did you mean 'tracewire workflows'?"), (["expotr"], "did you mean 'tracewire export'?"),
            (["help", "imprt"], "did you mean 'tracewire import'?"), (["7"], "did you mean 'tracewire show 7'?"),
            (["rejected", "3"], "did you mean 'tracewire rejected show 3'?"),
            (["rejected", "discrd", "--all"], "did you mean 'tracewire rejected discard'?"),
            (["help", "nosuch"], "there is no command 'tracewire nosuch'; 'tracewire --help' lists"),
        ])
    func misspelt(arguments: [String], advice: String) async throws {
        let outcome = try await Program().run(arguments)
        #expect(outcome.exit == 2)
        #expect(outcome.output.isEmpty)
        #expect(outcome.errors.contains(advice), "\(outcome.errors)")
    }

    @Test("the help of a command is had by 'help', too", arguments: [["stats"], ["rejected", "retry"]])
    func helpCommand(command: [String]) async throws {
        let outcome = try await Program().run(["help"] + command)
        #expect(outcome.exit == 0)
        #expect(outcome.output == (try await Program().run(command + ["--help"])).output)
    }

    @Test("TRACEWIRE_CONNECT that is no address is wrong usage")
    func badEnvironment() async throws {
        let outcome = try await Program(environment: ["TRACEWIRE_CONNECT": "host:port"]).run(["status"])
        #expect(outcome.exit == 2)
        #expect(outcome.errors.contains("TRACEWIRE_CONNECT"))
    }

    @Test(
        "every command that needs a collector exits with 3 where none is, and says how to start one",
        arguments: [
            ["import", "-"], ["export"], ["workflows"], ["show", "1"], ["stats", "users"], ["sql", "SELECT 1"],
            ["errors"], ["diff", "1"], ["search", "x"], ["rejected"], ["rejected", "show", "1"],
            ["rejected", "retry", "--all"], ["rejected", "discard", "1"],
            ["status"], ["demo"],
        ])
    func noCollector(arguments: [String]) async throws {
        let deserted = try DesertedAddress()
        let address = deserted.text
        let outcome = try await Program().run(arguments + ["--connect", address])
        #expect(outcome.exit == 3, "\(outcome.errors)")
        #expect(outcome.output.isEmpty)
        #expect(outcome.errors.contains("no collector at \(address)"))
        #expect(outcome.errors.contains("tracewire serve"))
        #expect(outcome.errors.contains("--connect"))
    }

    @Test("a name that leads nowhere is told apart from a place without a collector")
    func unresolvedHost() async throws {
        let outcome = try await Program(environment: ["TRACEWIRE_CONNECT": "nowhere.invalid"]).run(["status"])
        #expect(outcome.exit == 3)
        #expect(outcome.errors.contains("'nowhere.invalid' could not be resolved"))
    }

    @Test("a host without a port is asked at 4747, in the argument and in the environment alike")
    func standardPort() async throws {
        // Nobody listens at that loopback address, whoever uses the port elsewhere.
        let host = "127.99.98.97"
        for outcome in [
            try await Program().run(["status", "--connect", host]),
            try await Program(environment: ["TRACEWIRE_CONNECT": host]).run(["status"]),
        ] {
            #expect(outcome.exit == 3)
            #expect(outcome.errors.contains("\(host):4747"))
        }
    }

    /// The address of a collector that has ended.
    @Test("--connect goes before TRACEWIRE_CONNECT")
    func precedence() async throws {
        let collector = try await CollectorProcess(directory: try TestDirectory())
        let deserted = try DesertedAddress()
        let program = Program(environment: ["TRACEWIRE_CONNECT": deserted.text])
        #expect(try await program.run(["status"]).exit == 3)
        #expect(try await program.run(["status", "--connect", collector.address]).exit == 0)
    }

    @Test("a reader of the output that goes away ends a command quietly")
    func brokenPipe() async throws {
        let directory = try TestDirectory()
        let events = try await Traffic.write(.planner, seed: 31, workflows: 200, to: directory)
        let collector = try await CollectorProcess(directory: directory)
        #expect(try await collector.run("import", events).exit == 0)
        let process = try collector.program.prepare(["export"], directory)
        let pipe = Pipe()
        process.standardOutput = pipe
        try pipe.fileHandleForReading.close()
        try await process.runToEnd()
        #expect(process.terminationReason == .exit)
        #expect(process.terminationStatus == 0)
        #expect(try directory.read("errors").isEmpty)
    }

    @Test("without a terminal there is no colour and no progress")
    func noTerminal() async throws {
        let collector = try await CollectorProcess(directory: try TestDirectory())
        let imported = try await collector.program.with("TERM", "xterm").run(["import", "-"], input: SampleRuns.text)
        #expect(imported.errors.isEmpty)
        let shown = try await collector.program.with("TERM", "xterm").run(["show", "2"])
        #expect(!shown.output.contains(0x1b))
    }
}
