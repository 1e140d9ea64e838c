internal import Glibc

/// What a collector keeps: its database, beside it files whose names begin with that one's (logs, lock, tokens), and the
/// databases of its projects in a directory. Nobody else writes there.
public struct CollectorFiles {
    private static let projectsEnding = ".projects"
    private static let endings = ["", "-wal", "-shm", ".lock", ".tokens"]

    /// The default project's.
    private let database: String

    /// - Parameter database: that of any project.
    init(of database: String) {
        let database = DatabasePath.resolved(database)
        let directory = DirectoryOfFile.path(of: database)
        let isProject = directory.hasSuffix(Self.projectsEnding)
        self.database = isProject ? String(directory.dropLast(Self.projectsEnding.count)) : database
    }

    /// The directory for the databases of other projects than that of `database`.
    public static func projects(of database: String) -> String { database + projectsEnding }

    /// Whether the file that `path` names, with no link at its end, is one of them or could be, whatever it is called.
    func contain(_ path: String) -> Bool {
        isNamedAsOne(path) || isInProjects(path) || isSame(path)
    }

    private func isNamedAsOne(_ path: String) -> Bool {
        let directory = DirectoryOfFile.path(of: path)
        let own = DirectoryOfFile.path(of: database)
        guard directory == own || FileIdentity(directory).map({ $0 == FileIdentity(own) }) == true else { return false }
        let (name, beginning) = (Self.name(path), Self.name(database))
        guard name.starts(with: beginning) else { return false }
        let next = name.dropFirst(beginning.count).first
        return next == nil || next == UInt8(ascii: ".") || next == UInt8(ascii: "-")
    }

    private func isInProjects(_ path: String) -> Bool {
        guard let projects = FileIdentity(Self.projects(of: database)) else { return false }
        var directory = DirectoryOfFile.path(of: path)
        while directory != "/", directory != "." {
            if FileIdentity(directory) == projects { return true }
            directory = DirectoryOfFile.path(of: directory)
        }
        return false
    }

    /// Whether it is another name of one of them.
    private func isSame(_ path: String) -> Bool {
        guard let file = FileIdentity(path) else { return false }
        if Self.endings.contains(where: { FileIdentity(database + $0) == file }) { return true }
        let projects = Self.projects(of: database)
        guard let directory = opendir(projects) else { return false }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            guard entry.pointee.d_ino == file.inode else { continue }
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            if FileIdentity("\(projects)/\(name)") == file { return true }
        }
        return false
    }

    private static func name(_ path: String) -> Substring.UTF8View {
        let bytes = path.utf8[...]
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return bytes }
        return bytes[bytes.index(after: slash)...]
    }
}
