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
    ///
    /// Digits alone are a port whose host was forgotten, and none.
    public init?(_ text: String) {
        self.init(text, ports: 1...65_535)
    }

    /// Reads an address to listen on: port 0 is for one that the system chooses.
    public init?(listening text: String) {
        self.init(text, ports: 0...65_535)
    }

    /// Reads addresses with commas between them, and spaces around them; `nil` if one of them is none.
    public static func list(_ text: String) -> [CollectorAddress]? {
        var addresses: [CollectorAddress] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let trimmed = String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
            guard let address = CollectorAddress(trimmed) else { return nil }
            addresses.append(address)
        }
        return addresses
    }

    private init?(_ text: String, ports: ClosedRange<Int>) {
        guard let (host, rest) = Self.cutHost(text[...]), !host.isEmpty, !host.allSatisfy(Self.isDigit) else {
            return nil
        }
        guard !rest.isEmpty else {
            self.init(host: String(host), port: Self.standardPort)
            return
        }
        let digits = rest.dropFirst()
        guard rest.first == ":", digits.allSatisfy(Self.isDigit), let port = Int(digits), ports.contains(port) else {
            return nil
        }
        self.init(host: String(host), port: port)
    }

    private static func isDigit(_ character: Character) -> Bool { "0"..."9" ~= character }

    private static func cutHost(_ text: Substring) -> (host: Substring, rest: Substring)? {
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { return nil }
            return (text[text.index(after: text.startIndex)..<end], text[text.index(after: end)...])
        }
        let end = text.firstIndex(of: ":") ?? text.endIndex
        return (text[..<end], text[end...])
    }
}
