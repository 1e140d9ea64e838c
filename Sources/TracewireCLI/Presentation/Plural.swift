/// Counts with their noun.
enum Plural {
    /// `1 line`, `2 lines`.
    static func of(_ count: Int, _ noun: String) -> String {
        "\(count) \(noun)\(count == 1 ? "" : "s")"
    }
}
