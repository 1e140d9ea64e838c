internal import TracewireProtocol

/// A file of settings, read whole.
enum SettingsFile {
    /// Far above what all settings together take, in bytes.
    private static let longest = 1 << 20

    /// - Throws: ``CommandFailure``: `failed` if it cannot be read, `usage` if it is too long to be one.
    static func bytes(_ path: String) throws -> [UInt8] {
        let file = try InputFile(path)
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = try chunk.withUnsafeMutableBytes { try file.read(into: $0) }
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= longest else {
                throw CommandFailure(.usage, "\(path) is longer than the \(longest) bytes that settings may take")
            }
        }
    }
}
