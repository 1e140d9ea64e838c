internal import Glibc

/// A segment's file. It is opened for each thing that is done with it: a backlog of many takes no descriptors.
struct SegmentFile: Sendable {
    let path: String

    /// Makes the file, with its blocks: a file without them would take the process down when the disk is full.
    ///
    /// - Throws: ``SpoolError``, and leaves no file.
    func create(_ bytes: Int) throws(SpoolError) -> SegmentMemory {
        let descriptor = Glibc.open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SpoolError("create", path) }
        defer { close(descriptor) }
        do throws(SpoolError) {
            return try map(descriptor, bytes)
        } catch {
            remove()
            throw error
        }
    }

    /// Opens the file to write on in it, or makes it, with all of its blocks.
    ///
    /// - Throws: ``SpoolError``.
    func open(reserving bytes: Int) throws(SpoolError) -> SegmentMemory {
        let descriptor = Glibc.open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SpoolError("open", path) }
        defer { close(descriptor) }
        return try map(descriptor, bytes)
    }

    private func map(_ descriptor: Int32, _ bytes: Int) throws(SpoolError) -> SegmentMemory {
        let number = posix_fallocate(descriptor, 0, off_t(bytes))
        guard number == 0 else { throw SpoolError("reserve \(bytes) bytes for", path, number: number) }
        guard let memory = SegmentMemory.file(descriptor, bytes) else { throw SpoolError("map", path) }
        return memory
    }

    /// Whether the process ended before the file had a size: it holds nothing.
    var isEmpty: Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_size == 0
    }

    /// Reads the whole file into memory of the process: unlike a mapping it cannot be cut short under the reader.
    ///
    /// - Throws: ``SpoolError``.
    func read(atMost limit: Int) throws(SpoolError) -> SegmentMemory {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SpoolError("open", path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw SpoolError("look at", path) }
        let size = Int(status.st_size)
        guard size >= SpoolFormat.headerBytes, size <= limit else {
            throw SpoolError("read", path, because: "no segment has \(size) bytes")
        }
        guard let memory = SegmentMemory.anonymous(size) else { throw SpoolError("find memory for", path) }
        var count = 0
        while count < size {
            let got = pread(descriptor, memory.writable.baseAddress.map { $0 + count }, size - count, off_t(count))
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw SpoolError("read", path) }
            // Cut short meanwhile: what is missing is zero, and so not there.
            if got == 0 { break }
            count += got
        }
        return memory
    }

    /// Writes over a part of the file. Nothing depends on it: whoever could not be told sends more than needed.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        let descriptor = Glibc.open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        _ = pwrite(descriptor, bytes.baseAddress, bytes.count, off_t(offset))
    }

    /// Waits until all that the file holds is on the disk; returns whether it is.
    func synchronize() -> Bool {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return fsync(descriptor) == 0
    }

    /// Puts the file in the place of `other`, at once.
    func replace(_ other: SegmentFile) throws(SpoolError) {
        guard rename(path, other.path) == 0 else { throw SpoolError("rename", path) }
    }

    func remove() {
        unlink(path)
    }
}
