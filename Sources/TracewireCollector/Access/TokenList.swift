/// The tokens of a file, as its text has them: a line each, of the fields id, SHA-256 in hexadecimal, roles, project,
/// creation and expiry in milliseconds since 1970 (`-` for never), and the label up to the line's end. Lines that are empty
/// or begin with `#` say nothing.
///
/// Lines and fields end at bytes, not at characters: a mark at the beginning of a label makes one character with the space
/// before it.
struct TokenList: Sendable {
    /// Most tokens of a collector.
    static let most = 10_000

    private static let head = "# Tokens of a Tracewire collector, as digests. 'tracewire token' writes this file.\n"

    private(set) var tokens: [AccessToken]

    init() {
        tokens = []
    }

    /// - Throws: `tokens`, naming `path` and the line that is none.
    init(text: String, path: String) throws(CollectorError) {
        tokens = []
        var ids: Set<String> = []
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            guard let first = line.first, first != UInt8(ascii: "#") else { continue }
            guard let token = Self.token(line), ids.insert(token.id).inserted else {
                throw .tokens(
                    "line \(index + 1) of \(path) is no token, or one that another line has. Restore the file.")
            }
            tokens.append(token)
        }
        guard tokens.count <= Self.most else {
            throw .tokens("\(path) has more than \(Self.most) tokens. Revoke those that are not needed.")
        }
    }

    var text: String { Self.head + tokens.map(Self.line).joined() }

    mutating func add(_ token: AccessToken) {
        tokens.append(token)
    }

    /// Returns what was removed.
    mutating func remove(id: String) -> AccessToken? {
        guard let index = tokens.firstIndex(where: { $0.id == id }) else { return nil }
        return tokens.remove(at: index)
    }

    private static func token(_ line: Substring.UTF8View) -> AccessToken? {
        let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 6, omittingEmptySubsequences: false)
            .map { Substring($0) }
        guard fields.count == 7, !fields[0].isEmpty,
            let digest = Hexadecimal.bytes(fields[1], count: 32), let roles = Roles(list: fields[2]),
            let project = ProjectName(String(fields[3])), let created = Int64(fields[4])
        else { return nil }
        let expires = Int64(fields[5])
        guard expires != nil || fields[5] == "-" else { return nil }
        return AccessToken(
            id: String(fields[0]), label: String(fields[6]), project: project, roles: roles, createdMs: created,
            expiresMs: expires, digest: digest)
    }

    private static func line(_ token: AccessToken) -> String {
        let expires = token.expiresMs.map(String.init) ?? "-"
        let digest = Hexadecimal.text(token.digest)
        return "\(token.id) \(digest) \(token.roles) \(token.project) \(token.createdMs) \(expires) \(token.label)\n"
    }
}

extension CollectorError {
    static func tokens(_ message: String) -> CollectorError {
        CollectorError(.tokens, message)
    }
}
