internal import ArgumentParser
internal import Glibc

/// `tracewire manual`, which `make build` runs: the pages and scripts say what this very program takes.
///
/// swift-argument-parser's plugin for manual pages builds the whole program once more, without Swift's libraries in it, which
/// takes as long as the build itself; what it reads of the program is read here.
struct ManualCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manual",
        abstract: "Writes the manual pages, and completion scripts for bash, zsh and fish.",
        discussion: """
            They are laid out as below /usr/share, where shells and 'man' look for them.

              tracewire manual ~/.local/share
            """,
        shouldDisplay: false)

    @Argument(help: "The directory to write them into; it is made if it is missing.", completion: .directory)
    var directory: String

    func run() throws {
        guard let help = JSONReading.value(TracewireCommand._dumpHelp()), case .object(let members) = help,
            let command = members["command"], let root = ManualTree(command)
        else {
            throw CommandFailure(.failed, "the commands cannot be described: the program was not built as it should be")
        }
        for page in root.all {
            let others = ([root] + root.all.filter { $0.words.dropLast() == page.words[...] }).map(\.name)
            let text = ManualPage(
                command: page, version: Version.text, others: others.filter { $0 != page.name }
            ).text
            try write(text, "man/man1/\(page.name).1")
        }
        try write(TracewireCommand.completionScript(for: .bash), "bash-completion/completions/tracewire")
        try write(TracewireCommand.completionScript(for: .zsh), "zsh/site-functions/_tracewire")
        try write(TracewireCommand.completionScript(for: .fish), "fish/vendor_completions.d/tracewire.fish")
    }

    private func write(_ text: String, _ name: String) throws {
        var path = directory
        for part in name.split(separator: "/") {
            // One that exists is as good, and one that cannot be made is heard of below.
            mkdir(path, 0o777)
            path += "/\(part)"
        }
        // That of an older version.
        unlink(path)
        let output = try Output.creating(path)
        try output.write(text)
        try output.flush()
    }
}
