internal import Crypto

/// What a tokens file keeps of one token: whose it is and what it allows. The token itself is not there, only its digest.
public struct AccessToken: Equatable, Sendable {
    /// What people call the token by, and the collector finds it by: no secret.
    public let id: String
    /// What it is for, in the words of who made it; may be empty.
    public let label: String
    public let project: ProjectName
    public let roles: Roles
    /// In milliseconds since 1970.
    public let createdMs: Int64
    /// From then on it is refused; `nil` for never.
    public let expiresMs: Int64?
    /// SHA-256 of the token's text, 32 bytes.
    let digest: [UInt8]

    public func isExpired(atMs nowMs: Int64) -> Bool {
        expiresMs.map { $0 <= nowMs } ?? false
    }

    /// Whether `text` is this token. The time it takes says nothing of where two digests differ: swift-crypto compares
    /// them whole.
    func isAuthenticated(by text: String) -> Bool {
        SHA256.hash(data: Array(text.utf8)) == digest
    }
}

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

/// Bytes as text.
enum Hexadecimal {
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// `nil` if it is not `count` bytes in lower case.
    static func bytes(_ text: some StringProtocol, count: Int) -> [UInt8]? {
        let digits = text.utf8.map { byte -> UInt8? in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
            default: nil
            }
        }
        guard digits.count == 2 * count else { return nil }
        var bytes: [UInt8] = []
        for index in 0..<count {
            guard let high = digits[2 * index], let low = digits[2 * index + 1] else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }
}
