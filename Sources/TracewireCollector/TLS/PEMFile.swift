/// A file of certificates or of a key.
enum PEMFile {
    /// Far above what a chain or a bundle of authorities takes, in bytes.
    private static let longest = 1 << 20

    /// - Parameter setting: what names the file.
    /// - Throws: `tls_unusable` if it cannot be read.
    static func read(_ path: String, _ setting: String) throws(CollectorError) -> [UInt8] {
        do throws(RegularFile.Unreadable) {
            return try RegularFile.read(path, atMost: longest).bytes
        } catch {
            throw unusable(path, setting, error.reason)
        }
    }

    static func unusable(_ path: String, _ setting: String, _ why: String) -> CollectorError {
        CollectorError(.tlsUnusable, "\(path), which \(setting) names, cannot be used for TLS: \(why)")
    }
}
