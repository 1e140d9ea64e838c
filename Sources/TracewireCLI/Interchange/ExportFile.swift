internal import Glibc
internal import TracewireStore

/// The file that an export becomes. It has another name until it is whole: what had its name before stays until then, and
/// no half of an export is taken for one.
struct ExportFile: Sendable {
    enum Content: Sendable {
        case text
        case database
    }

    private let path: String
    private let content: Content
    private let mayReplace: Bool

    /// - Parameter mayReplace: whether a file that exists is replaced.
    init(_ path: String, _ content: Content, mayReplace: Bool) {
        // A link stays, and leads to the new file.
        self.path = path.isEmpty ? path : DatabasePath.resolved(path)
        self.content = content
        self.mayReplace = mayReplace
    }

    /// Whether something is there that takes bytes and keeps no file: a pipe, a device.
    static func isStream(_ path: String) -> Bool {
        var facts = stat()
        return stat(path, &facts) == 0 && ![S_IFREG, S_IFDIR].contains(facts.st_mode & S_IFMT)
    }

    /// Lets `body` write the file that it is given the name of, and gives it its own name then. If that fails, nothing
    /// is left of it.
    func write(_ body: (String) async throws -> Void) async throws {
        try await Self.write([self]) { try await body($0[0]) }
    }

    /// The same with several files, which get their names when all are whole.
    static func write(_ files: [ExportFile], _ body: ([String]) async throws -> Void) async throws {
        for file in files { try file.check() }
        // What a killed process with the same number has left.
        for file in files { unlink(file.unfinished) }
        defer { for file in files { unlink(file.unfinished) } }
        do {
            try await body(files.map(\.unfinished))
        } catch let failure as CommandFailure {
            // The other name is nothing that anybody has asked for.
            let message = files.reduce(failure.message) { $0.replacing($1.unfinished, with: $1.path) }
            throw CommandFailure(failure.exit, message, code: failure.code)
        }
        // Reading takes its time: a file may have come meanwhile.
        for file in files { try file.check() }
        try Task.checkCancellation()
        for file in files { try file.takeName() }
    }

    private var unfinished: String { "\(path).\(getpid()).unfinished" }

    private func takeName() throws {
        guard rename(unfinished, path) == 0 else {
            throw CommandFailure(.failed, "\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
    }

    /// - Throws: ``CommandFailure`` if nothing may be written there.
    func check() throws {
        guard !path.isEmpty else { throw CommandFailure(.usage, "an empty path names no file") }
        var facts = stat()
        if stat(path, &facts) == 0 { try checkPresent(facts.st_mode & S_IFMT) }
        if content == .database, let log = DatabaseLogs.present(beside: path) {
            throw CommandFailure(
                .usage, "\(log) is there: a database of this name is in use or was not closed; name another file")
        }
    }

    private func checkPresent(_ kind: mode_t) throws {
        switch kind {
        case S_IFREG: break
        case S_IFDIR: throw CommandFailure(.usage, "\(path) is a directory; name a file in it")
        default: throw CommandFailure(.usage, "\(path) is no regular file; name another")
        }
        if content == .text, try isDatabase() {
            throw CommandFailure(
                .usage,
                "\(path) is a SQLite database, perhaps a collector's: text never replaces one; name another file")
        }
        guard mayReplace else {
            throw CommandFailure(.usage, "\(path) exists already; name another file, or say --force")
        }
    }

    /// Whether the file begins as every SQLite database does (https://sqlite.org/fileformat.html, 1.3).
    private func isDatabase() throws -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CommandFailure(.failed, "cannot read \(path): \(String(cString: strerror(errno))); name another file")
        }
        defer { close(descriptor) }
        let head = Array("SQLite format 3\0".utf8)
        var start = [UInt8](repeating: 0, count: head.count)
        return read(descriptor, &start, start.count) == head.count && start == head
    }
}
