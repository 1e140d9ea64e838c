internal import Glibc
internal import TracewireProtocol

/// How far a write-ahead log goes that was synced, and acknowledged: so that a last commit which is not what was written can be told from
/// one that was never finished.
///
/// It is kept in the lock's file, behind the sync and without one of its own. So it may be of an earlier commit where the power was lost,
/// and never of a later one; a log that was begun anew since has other salts, and it says nothing of that one.
struct LogMark: Equatable {
    /// The eight bytes of the log's header that are other ones each time it begins anew.
    let salts: [UInt8]
    /// Frames up to the end of the last commit.
    let frames: UInt32

    private static let saltsOffset: off_t = 16
    private static let saltsBytes = 8
    private static let bytes = 16

    init(salts: [UInt8], frames: UInt32) {
        (self.salts, self.frames) = (salts, frames)
    }

    /// Of a log that has so many frames; `nil` if it cannot be read.
    init?(log: Int32, frames: Int) {
        var salts = [UInt8](repeating: 0, count: Self.saltsBytes)
        guard pread(log, &salts, Self.saltsBytes, Self.saltsOffset) == Self.saltsBytes else { return nil }
        self.init(salts: salts, frames: UInt32(clamping: frames))
    }

    /// What the lock's file says; `nil` if it says nothing, or is damaged.
    init?(lock path: String) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: Self.bytes)
        guard pread(descriptor, &bytes, Self.bytes, 0) == Self.bytes else { return nil }
        self.init(salts: Array(bytes[..<Self.saltsBytes]), frames: LogFrames.number(bytes, Self.saltsBytes))
        guard encoded == bytes else { return nil }
    }

    /// Salts, frames, and the checksum of both.
    private var encoded: [UInt8] {
        var bytes = salts + Self.number(frames)
        bytes += Self.number(CRC32.checksum(bytes.span))
        return bytes
    }

    private static func number(_ value: UInt32) -> [UInt8] {
        [UInt8(value >> 24), UInt8(value >> 16 & 0xff), UInt8(value >> 8 & 0xff), UInt8(value & 0xff)]
    }

    /// That it cannot be written is no failure: an earlier one is as true.
    func write(to lock: Int32) {
        let bytes = encoded
        _ = pwrite(lock, bytes, bytes.count, 0)
    }
}
