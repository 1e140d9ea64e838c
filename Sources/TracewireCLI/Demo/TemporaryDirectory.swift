internal import Glibc

/// A directory for this user alone, under `TMPDIR` or `/tmp`.
struct TemporaryDirectory {
    let path: String

    /// - Throws: ``CommandFailure``.
    init() throws {
        let template = (Environment.value("TMPDIR") ?? "/tmp") + "/tracewire-demo-XXXXXX"
        var bytes = Array(template.utf8CString)
        guard mkdtemp(&bytes) != nil else {
            throw CommandFailure(.failed, "cannot make a temporary directory: \(String(cString: strerror(errno)))")
        }
        path = String(decoding: bytes.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Removes the directory and the files in it. It holds no other directories.
    func remove() {
        guard let directory = opendir(path) else { return }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { unlink("\(path)/\(name)") }
        }
        closedir(directory)
        rmdir(path)
    }
}
