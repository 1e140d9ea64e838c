internal import Glibc

/// A file or standard input, read so that a cancelled task stops waiting for more.
struct InputFile {
    /// How long a wait lasts before cancellation is looked at, in milliseconds.
    private static let patience: Int32 = 100

    private let descriptor: Int32
    private let name: String
    /// `nil` where the end is not known: a pipe, a terminal.
    let size: Int64?

    /// - Parameter path: `-` for standard input.
    /// - Throws: ``CommandFailure`` if the file cannot be opened.
    init(_ path: String) throws {
        guard !path.isEmpty else { throw CommandFailure(.usage, "an empty path names no file") }
        name = path == "-" ? "standard input" : path
        descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure(name) }
        var facts = stat()
        let isKnown = fstat(descriptor, &facts) == 0
        guard !isKnown || facts.st_mode & S_IFMT != S_IFDIR else {
            throw CommandFailure(.failed, "\(name) is a directory; name a file of events, or '-'")
        }
        size = isKnown && facts.st_mode & S_IFMT == S_IFREG ? Int64(facts.st_size) : nil
        if size != nil, let tool = Self.decompressor(descriptor) {
            throw CommandFailure(.failed, "\(name) is compressed: '\(tool) \(name) | tracewire import -' imports it")
        }
    }

    /// The program that writes what a file holds, by its first bytes: RFC 1952, 2.3.1 and RFC 8878, 3.1.1; `nil` for text.
    private static func decompressor(_ descriptor: Int32) -> String? {
        var bytes = [UInt8](repeating: 0, count: 4)
        guard pread(descriptor, &bytes, bytes.count, 0) == bytes.count else { return nil }
        if bytes.starts(with: [0x1f, 0x8b]) { return "zcat" }
        return bytes == [0x28, 0xb5, 0x2f, 0xfd] ? "zstdcat" : nil
    }

    /// Fills the start of `buffer`. 0 at the end, or once the task is cancelled.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        while !Task.isCancelled {
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&waiting, 1, Self.patience) != 0 else { continue }
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            guard errno == EINTR || errno == EAGAIN else { throw Self.failure(name) }
        }
        return 0
    }

    private static func failure(_ name: String) -> CommandFailure {
        CommandFailure(.failed, "cannot read \(name): \(String(cString: strerror(errno)))")
    }
}
