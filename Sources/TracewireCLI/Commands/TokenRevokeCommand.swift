internal import ArgumentParser
internal import TracewireCollector

/// `tracewire token revoke ID`
struct TokenRevokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Takes tokens away: a collector that runs ends their connections within seconds.",
        discussion: """
              tracewire token revoke 3f09a1c2d4
            """)

    @Argument(help: "What 'tracewire token list' shows as ID.")
    var ids: [String]

    @OptionGroup var options: TokenFileOptions

    func run() async throws {
        for id in ids {
            let revoked = try options.withFile { (file) throws(CollectorError) in try file.revoke(id: id) }
            guard let revoked else {
                throw CommandFailure(
                    .failed, "there is no token '\(id)': 'tracewire token list' shows those that there are")
            }
            let label = revoked.label.isEmpty ? "" : " (\(revoked.label))"
            Diagnostics.note("token \(id)\(label) of the project '\(revoked.project)' is revoked")
        }
    }
}
