internal import Glibc
internal import TracewireStore

// How the file is changed: under a lock, as another one that takes its place when it is whole.
extension TokenFile {
    func change(_ body: (inout TokenList) throws(CollectorError) -> Void) throws(CollectorError) {
        // A link stays, and leads to what was changed.
        let file = TokenFile(path: DatabasePath.resolved(path))
        let owner = file.otherOwner
        let lock = try file.openLock(for: owner)
        defer { close(lock) }
        guard flock(lock, LOCK_EX) == 0 else { throw file.failure("change", errno) }
        var list = try file.read().list
        try body(&list)
        try file.write(list, for: owner)
    }

    /// Whose the file has to be where that is somebody else than this process's user: root changes it for a collector that
    /// runs as another user, who must go on reading it. A file that is new belongs to the owner of its directory then.
    private var otherOwner: (user: uid_t, group: gid_t)? {
        var status = stat()
        if stat(path, &status) != 0 {
            let directory = DirectoryOfFile.path(of: path)
            guard geteuid() == 0, stat(directory, &status) == 0 else { return nil }
        }
        return status.st_uid == geteuid() ? nil : (status.st_uid, status.st_gid)
    }

    /// Not the file itself, which is replaced: two programs could each lock another one of that name.
    private func openLock(for owner: (user: uid_t, group: gid_t)?) throws(CollectorError) -> Int32 {
        let name = path + ".lock"
        // What was there before is not given away: it may be a link to something else, or another name of it.
        let new = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if new >= 0 {
            if let owner, fchown(new, owner.user, owner.group) != 0 {
                defer { close(new) }
                throw failure("change", errno)
            }
            return new
        }
        guard errno == EEXIST else { throw failure("change", errno) }
        let old = open(name, O_RDWR | O_NOFOLLOW | O_CLOEXEC)
        guard old >= 0 else { throw failure("change", errno) }
        return old
    }

    /// Puts a file with `list` in the place of the one that is there.
    func write(_ list: TokenList, for owner: (user: uid_t, group: gid_t)? = nil) throws(CollectorError) {
        let text = list.text
        // A file that nobody can read lets nobody in.
        guard let again = try? TokenList(text: text, path: path), again.tokens == list.tokens else {
            throw .tokens("what would stand in \(path) could not be read again; it was left as it is")
        }
        let unfinished = path + ".new"
        // Left by a program that was killed: whoever writes one now has the lock.
        unlink(unfinished)
        let descriptor = open(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("write", errno) }
        defer { close(descriptor) }
        do throws(CollectorError) {
            try fill(descriptor, Array(text.utf8))
            if let owner, fchown(descriptor, owner.user, owner.group) != 0 { throw failure("write", errno) }
            guard fchmod(descriptor, 0o600) == 0, fsync(descriptor) == 0, rename(unfinished, path) == 0 else {
                throw failure("write", errno)
            }
        } catch {
            unlink(unfinished)
            throw error
        }
        if let number = DirectoryOfFile.synchronize(path) { throw failure("write", number) }
    }

    private func fill(_ descriptor: Int32, _ bytes: [UInt8]) throws(CollectorError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress.map { $0 + written }, bytes.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("write", errno) }
            written += count
        }
    }

    private func failure(_ verb: String, _ number: Int32) -> CollectorError {
        .tokens(
            "cannot \(verb) \(path): \(String(cString: strerror(number))). Look at its permissions, and its directory's."
        )
    }
}
