import Glibc

/// The directory of a run, in memory: what is lost with it is what is to be lost.
final class RunDirectory {
    let path: String
    private let template: [UInt8]

    /// - Parameter template: an empty database, which each run begins with.
    init(path: String, template: [UInt8]) {
        (self.path, self.template) = (path, template)
        empty()
    }

    deinit {
        removeTree(path)
    }

    /// Begins a new run.
    func empty() {
        removeTree(path)
        mkdir(path, 0o700)
        writeFile("\(path)/traces.db", template)
    }
}

func removeTree(_ path: String) {
    if unlink(path) == 0 || errno == ENOENT { return }
    if let directory = opendir(path) {
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        closedir(directory)
        for name in names { removeTree("\(path)/\(name)") }
    }
    rmdir(path)
}

func unlinkFile(_ path: String) {
    unlink(path)
}

func readFile(_ path: String) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    let size = Int(lseek(descriptor, 0, SEEK_END))
    return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
        count = max(0, pread(descriptor, buffer.baseAddress, size, 0))
    }
}

func writeFile(_ path: String, _ bytes: [UInt8]) {
    let descriptor = open(path, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return }
    _ = write(descriptor, bytes, bytes.count)
    close(descriptor)
}
