internal import Glibc
internal import TracewireStore

/// The file beside a database that says which tokens there are. It is its owner's alone, and is replaced whole, so that a
/// collector never reads half of it; several programs may change it at a time.
public struct TokenFile: Sendable {
    /// Far above what the most tokens take, in bytes.
    private static let longest = 8 << 20

    /// A link is followed at every look: what it leads to may be another file then.
    public let path: String

    public init(path: String) {
        self.path = path
    }

    /// The one beside the database `path`, where that really is.
    public init(database path: String) {
        self.path = DatabasePath.resolved(path) + ".tokens"
    }

    /// The tokens, in the order in which they were made; none where there is no file.
    ///
    /// - Throws: ``CollectorError``, `tokens`, for a file that cannot be read or is none.
    public func tokens() throws(CollectorError) -> [AccessToken] {
        try read().list.tokens
    }

    /// Makes a token. Its text is returned and kept nowhere.
    ///
    /// - Parameters:
    ///   - label: what it is for: one line of at most 200 bytes, without control characters, that begins with a character of
    ///     its own.
    ///   - expiresMs: from when on it is refused, in milliseconds since 1970; `nil` for never.
    /// - Throws: ``CollectorError``, `tokens`.
    public func create(
        label: String, project: ProjectName, roles: Roles, expiresMs: Int64?, nowMs: Int64
    ) throws(CollectorError) -> (token: AccessToken, text: String) {
        guard TokenLabel.isFit(label) else { throw .tokens("a token's name is \(TokenLabel.form)") }
        let secret = TokenText()
        let token = AccessToken(
            id: secret.id, label: label, project: project, roles: roles, createdMs: nowMs, expiresMs: expiresMs,
            digest: secret.digest)
        try change { (list) throws(CollectorError) in
            guard list.tokens.count < TokenList.most else {
                throw .tokens("\(path) has \(TokenList.most) tokens, which is the most. Revoke some first.")
            }
            list.add(token)
        }
        return (token, secret.text)
    }

    /// Takes a token away. Returns it; `nil` if there is none of that id.
    ///
    /// - Throws: ``CollectorError``, `tokens`.
    public func revoke(id: String) throws(CollectorError) -> AccessToken? {
        var revoked: AccessToken?
        try change { (list) throws(CollectorError) in revoked = list.remove(id: id) }
        return revoked
    }

    /// What is in the file, and its stamp; nothing where there is no file.
    func read() throws(CollectorError) -> (list: TokenList, stamp: FileStamp?) {
        let file: (bytes: [UInt8], stamp: FileStamp)
        do throws(RegularFile.Unreadable) {
            file = try RegularFile.read(path, atMost: Self.longest)
        } catch {
            if error.isMissing { return (TokenList(), nil) }
            throw .tokens(
                "cannot read \(path): \(error.reason). Look at the file, at its permissions, and at its directory's.")
        }
        guard let text = String(validating: file.bytes, as: UTF8.self) else {
            throw .tokens("\(path) is no tokens file: it is not UTF-8.")
        }
        return (try TokenList(text: text, path: path), file.stamp)
    }
}
