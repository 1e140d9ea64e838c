internal import TracewireProtocol

extension EventLine {
    /// An encoded record as a line; `nil` if it is no record of a kind that this version knows.
    ///
    /// Bytes that are not UTF-8 are replaced: the line is for reading, the collector keeps what was sent.
    static func line(encoded: [UInt8]) -> [UInt8]? {
        let slice = Slice(start: 0, count: encoded.count)
        guard let record = try? Record<Slice>.decode(encoded.span, slice) else { return nil }
        return line(record.copied(from: encoded))
    }
}
