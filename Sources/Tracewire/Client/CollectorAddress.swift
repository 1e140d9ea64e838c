/// Where a collector listens: `HOST:PORT`, `HOST`, or `[IPV6]:PORT`.
public struct CollectorAddress: Hashable, Sendable {
    /// Where `tracewire serve` listens unless told otherwise.
    public static let standard = CollectorAddress(host: "127.0.0.1", port: standardPort)
    /// 4747.
    public static let standardPort = 4747

    /// A name or an address, without brackets.
    public var host: String
    /// 1 to 65,535.
    public var port: Int

    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }
}

extension CollectorAddress: LosslessStringConvertible {
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Reads an address; without a port it is ``standardPort``. `nil` if it is none.
    public init?(_ text: String) {
        guard let (host, rest) = Self.cutHost(text[...]), !host.isEmpty else { return nil }
        guard !rest.isEmpty else {
            self.init(host: String(host), port: Self.standardPort)
            return
        }
        guard rest.first == ":", let port = UInt16(rest.dropFirst()), port > 0 else { return nil }
        self.init(host: String(host), port: Int(port))
    }

    private static func cutHost(_ text: Substring) -> (host: Substring, rest: Substring)? {
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { return nil }
            return (text[text.index(after: text.startIndex)..<end], text[text.index(after: end)...])
        }
        let end = text.firstIndex(of: ":") ?? text.endIndex
        return (text[..<end], text[end...])
    }
}
