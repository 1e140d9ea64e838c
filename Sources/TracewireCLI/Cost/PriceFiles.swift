internal import Glibc

/// The files that prices are read from.
struct PriceFiles {
    /// The user's own file; `nil` if there is none.
    let path: String?
    /// How many prices it has.
    let count: Int
    let table: PriceTable

    /// - Parameter named: the file that the command line names; else the environment may name one, and else it is looked
    ///   for among the user's settings.
    /// - Throws: ``CommandFailure`` for a file that was named and is not there, and for one that cannot be understood.
    init(named: String?) throws {
        path = named ?? Environment.value("TRACEWIRE_PRICES") ?? Self.settingsPath
        let own = try path.map { try PriceReading.prices(SettingsFile.bytes($0), from: $0) } ?? []
        count = own.count
        table = PriceTable([own, try Self.standard])
    }

    /// The text of `prices.toml`, which is compiled in.
    static var standardText: [UInt8] { PackageResources.prices_toml }

    private static var standard: [Price] {
        get throws { try PriceReading.prices(standardText, from: "the program's own prices.toml") }
    }

    /// Where a user's own prices lie, if there are any.
    private static var settingsPath: String? {
        let base: String
        if let settings = Environment.value("XDG_CONFIG_HOME"), settings.hasPrefix("/") {
            base = settings
        } else if let home = Environment.value("HOME") {
            base = home + "/.config"
        } else {
            return nil
        }
        let path = base + "/tracewire/prices.toml"
        return access(path, F_OK) == 0 ? path : nil
    }
}
