internal import NIOCore

/// How often the connections of each address have offended within a minute, and which addresses are shut out for it: a
/// value without a clock of its own.
///
/// A connection that offends is ended at once, and could come again at once: what an address may cost the collector in
/// handshakes and refusals is bounded here.
struct OffenceLedger: Sendable {
    /// Addresses of which something is known at a time. Where there are more, the one is forgotten that began first.
    static let most = 4096
    private static let minute = TimeAmount.seconds(60)

    private struct Record {
        /// When its minute, or the one for which it is shut out, is over.
        var end: NIODeadline
        var offences = 0
        var isShutOut = false
    }

    private let perMinute: Int
    private var records: [PeerAddress: Record] = [:]

    init(perMinute: Int) {
        self.perMinute = perMinute
    }

    /// Of how many addresses something is known.
    var count: Int { records.count }

    /// A connection of `address` has offended. Returns whether the address is shut out from now on.
    mutating func offended(_ address: PeerAddress, now: NIODeadline) -> Bool {
        var record = records[address] ?? begun(now)
        if record.end <= now { record = Record(end: now + Self.minute) }
        // What was accepted before may still offend.
        guard !record.isShutOut else { return false }
        record.offences += 1
        record.isShutOut = record.offences > perMinute
        if record.isShutOut { record.end = now + Self.minute }
        records[address] = record
        return record.isShutOut
    }

    /// Whether connections of `address` are to be closed as they come.
    func shutsOut(_ address: PeerAddress, now: NIODeadline) -> Bool {
        guard let record = records[address] else { return false }
        return record.isShutOut && record.end > now
    }

    private mutating func begun(_ now: NIODeadline) -> Record {
        if records.count >= Self.most { records = records.filter { $0.value.end > now } }
        if records.count >= Self.most, let first = records.min(by: { $0.value.end < $1.value.end })?.key {
            records[first] = nil
        }
        return Record(end: now + Self.minute)
    }
}

/// Where connections come from, as far as it tells one peer from another: an IPv4 address, or the network of an IPv6
/// address, within which a peer has as many as it likes (RFC 4291, 2.5.4).
struct PeerAddress: Hashable, Sendable {
    private let bytes: [UInt8]

    init(bytes: [UInt8]) {
        // An IPv4 peer of a listener for both (RFC 4291, 2.5.5.2).
        let isMapped = bytes.count == 16 && bytes.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
        self.bytes = Array(isMapped ? bytes.suffix(4) : bytes.prefix(8))
    }

    /// `nil` for what has no such address.
    init?(_ address: SocketAddress?) {
        // Where the address lies in `sockaddr_in` (ip(7)) and `sockaddr_in6` (ipv6(7)).
        let place: Range<Int>
        switch address {
        case .v4: place = 4..<8
        case .v6: place = 8..<24
        case .unixDomainSocket, nil: return nil
        }
        let raw = address?.withSockAddr { pointer, size in Array(UnsafeRawBufferPointer(start: pointer, count: size)) }
        guard let raw, raw.count >= place.upperBound else { return nil }
        self.init(bytes: Array(raw[place]))
    }
}
