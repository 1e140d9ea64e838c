/// The name of a project: what keeps the traces of one team or product apart from those of others.
///
/// It is a part of a file's name: 1 to 64 of the characters `a` to `z`, `0` to `9`, `-` and `_`, the first a letter or a
/// digit.
public struct ProjectName: Hashable, Sendable, CustomStringConvertible {
    /// What the name has to be, for people.
    public static let form = "1 to 64 of a to z, 0 to 9, - and _, beginning with a letter or a digit"
    /// The project of whoever names none. Its database is the one that the collector was started with.
    public static let standard = ProjectName(checked: "default")

    public let description: String

    /// `nil` if `text` is not of the ``form``.
    public init?(_ text: String) {
        let characters = text.utf8
        guard let first = characters.first, characters.count <= 64 else { return nil }
        let isPlain = { (byte: UInt8) in
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
        }
        let others: [UInt8] = [UInt8(ascii: "-"), UInt8(ascii: "_")]
        guard isPlain(first), characters.allSatisfy({ isPlain($0) || others.contains($0) }) else { return nil }
        self.init(checked: text)
    }

    private init(checked text: String) {
        description = text
    }
}
