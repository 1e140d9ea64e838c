internal import Glibc

/// The three descriptors that every program is given, or should be.
enum StandardStreams {
    /// Leads those that are closed to nowhere: a connection or a file would get their numbers, and be written to.
    static func occupy() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) == -1 && errno == EBADF {
            // The lowest number that is free is this one.
            _ = open("/dev/null", O_RDWR)
        }
    }
}
