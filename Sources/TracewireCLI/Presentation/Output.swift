internal import Glibc

/// Where a command's answer goes: a file descriptor behind a buffer of a bounded size.
final class Output {
    /// The reader of the pipe went away. Nothing more is wanted: the command ends quietly.
    struct ReaderGone: Error {}

    /// The descriptor refused what was written.
    struct WriteFailed: Error, CustomStringConvertible {
        let errorNumber: Int32

        var description: String { "cannot write the output: \(String(cString: strerror(errorNumber)))" }
    }

    let terminal: Terminal
    private let descriptor: Int32
    private var pager: Pager?
    private var buffer: [UInt8] = []
    private static let bufferBytes = 64 << 10
    private var keepsAll = false

    init(descriptor: Int32, terminal: Terminal) {
        self.descriptor = descriptor
        self.terminal = terminal
    }

    /// A file that is made for this user alone.
    ///
    /// - Throws: ``CommandFailure``, also if there is one already.
    static func creating(_ path: String) throws -> Output {
        try file(path, O_CREAT | O_EXCL)
    }

    /// A pipe or a device that is there. A closed pipe is reported as an error instead of a signal.
    ///
    /// - Throws: ``CommandFailure``.
    static func stream(_ path: String) throws -> Output {
        signal(SIGPIPE, SIG_IGN)
        return try file(path, 0)
    }

    private static func file(_ path: String, _ flags: Int32) throws -> Output {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC | flags, 0o600)
        guard descriptor >= 0 else {
            throw CommandFailure(.failed, "cannot write \(path): \(String(cString: strerror(errno)))")
        }
        return Output(descriptor: descriptor, terminal: .none)
    }

    /// The process's standard output. A closed pipe is reported as an error instead of a signal.
    static func standard(_ terminal: Terminal = .detect(STDOUT_FILENO)) -> Output {
        signal(SIGPIPE, SIG_IGN)
        return Output(descriptor: STDOUT_FILENO, terminal: terminal)
    }

    /// The standard output, through a ``Pager`` if it is a terminal.
    static func paged(_ terminal: Terminal = .detect(STDOUT_FILENO)) -> Output {
        guard terminal.isTerminal, let pager = Pager() else { return standard(terminal) }
        signal(SIGPIPE, SIG_IGN)
        let output = Output(descriptor: pager.descriptor, terminal: terminal)
        output.pager = pager
        return output
    }

    /// What is written stays in memory, to be taken as ``lines``. The descriptor is none.
    static func memory(_ terminal: Terminal) -> Output {
        let output = Output(descriptor: -1, terminal: terminal)
        output.keepsAll = true
        return output
    }

    /// The lines that were written so far to one that is in memory.
    var lines: [String] {
        var lines = String(decoding: buffer, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines.map(String.init)
    }

    /// Whether somebody turns pages, and decides how much is read.
    var isPaged: Bool { pager != nil }

    /// Writes out what is buffered, and waits for the pager to end, if there is one. Nothing can be written any more.
    func finish() throws {
        defer { pager = nil }
        try flush()
    }

    func write(_ text: String) throws {
        buffer.append(contentsOf: text.utf8)
        if buffer.count >= Self.bufferBytes { try flush() }
    }

    func write(_ bytes: [UInt8]) throws {
        buffer.append(contentsOf: bytes)
        if buffer.count >= Self.bufferBytes { try flush() }
    }

    /// Text made of stored values: on a terminal its control characters are shown, not sent.
    func write(values text: String) throws {
        try write(terminal.isTerminal ? TerminalText.shown(text, keepingLines: true) : text)
    }

    /// The same of its bytes.
    func write(values bytes: [UInt8]) throws {
        guard terminal.isTerminal else { return try write(bytes) }
        try write(values: String(decoding: bytes, as: UTF8.self))
    }

    func line(_ text: String = "") throws {
        try write(text)
        try write("\n")
    }

    /// Writes out what is buffered.
    func flush() throws {
        if keepsAll { return }
        try buffer.withUnsafeBytes { bytes in
            var written = 0
            while written < bytes.count {
                let count = Glibc.write(descriptor, bytes.baseAddress.map { $0 + written }, bytes.count - written)
                if count >= 0 {
                    written += count
                } else if errno == EAGAIN {
                    waitUntilWritable()
                } else if errno != EINTR {
                    throw errno == EPIPE ? ReaderGone() as any Error : WriteFailed(errorNumber: errno)
                }
            }
        }
        buffer.removeAll(keepingCapacity: true)
    }

    /// Writes out what is buffered, and what the system buffers of it.
    func synchronize() throws {
        try flush()
        guard fsync(descriptor) == 0 else { throw WriteFailed(errorNumber: errno) }
    }

    /// A descriptor that somebody else set to non-blocking is waited for like any other.
    private func waitUntilWritable() {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&waiting, 1, -1)
    }
}
