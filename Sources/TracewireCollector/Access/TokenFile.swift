internal import Glibc
internal import TracewireStore

/// The file beside a database that says which tokens there are. It is its owner's alone, and is replaced whole, so that a
/// collector never reads half of it; several programs may change it at a time.
public struct TokenFile: Sendable {
    /// Far above what the most tokens take, in bytes.
    private static let longest = 8 << 20

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
        try read().tokens
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

    // MARK: The file

    func read() throws(CollectorError) -> TokenList {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return TokenList() }
            throw failure("read", errno)
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            guard count >= 0 else { throw failure("read", errno) }
            guard count > 0 else { break }
            bytes += chunk[..<count]
            guard bytes.count <= Self.longest else { throw .tokens("\(path) is too long to be a tokens file.") }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .tokens("\(path) is no tokens file: it is not UTF-8.")
        }
        return try TokenList(text: text, path: path)
    }

    private func change(_ body: (inout TokenList) throws(CollectorError) -> Void) throws(CollectorError) {
        // Not the file itself, which is replaced: two programs could each lock another one of that name.
        let lock = open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw failure("change", errno) }
        defer { close(lock) }
        guard flock(lock, LOCK_EX) == 0 else { throw failure("change", errno) }
        var list = try read()
        try body(&list)
        try write(Array(list.text.utf8))
    }

    private func write(_ bytes: [UInt8]) throws(CollectorError) {
        let unfinished = path + ".new"
        let descriptor = open(unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("write", errno) }
        defer { close(descriptor) }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress.map { $0 + written }, bytes.count - written)
            }
            guard count > 0 else { throw failure("write", errno) }
            written += count
        }
        guard fchmod(descriptor, 0o600) == 0, fsync(descriptor) == 0, rename(unfinished, path) == 0 else {
            throw failure("write", errno)
        }
    }

    private func failure(_ verb: String, _ number: Int32) -> CollectorError {
        .tokens(
            "cannot \(verb) \(path): \(String(cString: strerror(number))). Look at its permissions, and its directory's."
        )
    }

    /// What tells one version of the file from the next; `nil` where there is none.
    var signature: Signature? {
        var facts = stat()
        guard stat(path, &facts) == 0 else { return nil }
        return Signature(
            file: facts.st_ino, bytes: facts.st_size, seconds: facts.st_mtim.tv_sec, nanoseconds: facts.st_mtim.tv_nsec)
    }

    struct Signature: Equatable {
        let file: UInt
        let bytes: Int
        let seconds: Int
        let nanoseconds: Int
    }
}
