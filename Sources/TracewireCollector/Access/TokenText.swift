internal import Crypto

/// A token as its holder has it: `tw_`, its id, `_`, and 32 random bytes in hexadecimal. So many cannot be guessed, which
/// is why a plain digest is enough to keep: there is nothing for a slow one to slow down.
struct TokenText {
    private static let prefix = "tw_"
    private static let idBytes = 5
    private static let secretBytes = 32

    let id: String
    let text: String

    /// A new one, from the system's randomness.
    init() {
        var generator = SystemRandomNumberGenerator()
        let random = (0..<Self.idBytes + Self.secretBytes).map { _ in UInt8.random(in: .min ... .max, using: &generator)
        }
        id = Hexadecimal.text(random.prefix(Self.idBytes))
        text = Self.prefix + id + "_" + Hexadecimal.text(random.dropFirst(Self.idBytes))
    }

    /// The id that the token `text` names; `nil` if it is none of ours.
    static func id(of text: String) -> Substring? {
        guard text.utf8.count <= 256, text.hasPrefix(prefix) else { return nil }
        let rest = text.dropFirst(prefix.count)
        guard let end = rest.firstIndex(of: "_") else { return nil }
        return rest[..<end]
    }

    var digest: [UInt8] { Array(SHA256.hash(data: Array(text.utf8))) }
}
