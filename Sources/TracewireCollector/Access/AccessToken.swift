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

    /// Whether whoever was let in with `other` may stay as they are: it is the same secret, for the same.
    func allowsTheSame(as other: AccessToken) -> Bool {
        (digest, project, roles) == (other.digest, other.project, other.roles)
    }

    /// Whether `text` is this token. The time it takes says nothing of where two digests differ: swift-crypto compares
    /// them whole.
    func isAuthenticated(by text: String) -> Bool {
        SHA256.hash(data: Array(text.utf8)) == digest
    }
}
