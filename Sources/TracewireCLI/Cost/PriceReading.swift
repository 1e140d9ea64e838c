internal import TracewireProtocol

/// Reads a file of prices, and says of everything that is wrong in it where it stands.
struct PriceReading {
    private static let keys = ["model", "provider", "currency", "input", "cached_input", "output", "from", "source"]

    /// How the file is called in what is said of it.
    private let name: String
    private var prices: [Price] = []
    private var members: [String: (value: PriceLine.Value, line: Int)] = [:]
    /// Where the price that is being read begins.
    private var head: Int?

    /// - Throws: ``CommandFailure``, `usage`, for a file that is not as `prices.toml` describes it.
    static func prices(_ bytes: [UInt8], from name: String) throws -> [Price] {
        guard let text = String(validating: bytes.span) else {
            throw CommandFailure(.usage, "\(name) is no text in UTF-8: save it as that")
        }
        var reading = PriceReading(name: name)
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: { $0.isLineEnd }).enumerated()
        {
            try reading.read(line, index + 1)
        }
        try reading.endPrice()
        return reading.prices
    }

    private init(name: String) {
        self.name = name
    }

    private func failure(_ line: Int, _ message: String) -> CommandFailure {
        CommandFailure(.usage, "\(name), line \(line): \(message)")
    }

    private mutating func read(_ text: Substring, _ number: Int) throws {
        let line: PriceLine
        do throws(PriceLine.Fault) {
            line = try PriceLine(text)
        } catch {
            throw failure(number, error.message)
        }
        switch line {
        case .empty: break
        case .head:
            try endPrice()
            head = number
        case .member(let key, let value): try take(key, value, number)
        }
    }

    private mutating func take(_ key: String, _ value: PriceLine.Value, _ line: Int) throws {
        guard head != nil else { throw failure(line, "'\(key)' belongs to no price: write [[price]] above it") }
        guard Self.keys.contains(key) else {
            throw failure(line, "a price has no '\(key)'; it has \(Self.keys.joined(separator: ", "))")
        }
        guard members.updateValue((value, line), forKey: key) == nil else {
            throw failure(line, "the price has a second '\(key)': remove one, or write [[price]] above a new one")
        }
    }

    private mutating func endPrice() throws {
        guard let head else { return }
        let (model, provider, currency) = (try pattern(head), try text("provider")?.lowercased(), try currency(head))
        let input = try required(try rate("input"), "input", head)
        let price = Price(
            model: model, provider: provider, currency: currency, input: input,
            cachedInput: try rate("cached_input") ?? input,
            output: try required(try rate("output"), "output", head), from: try day(), line: head)
        _ = try text("source")
        let twin = prices.first { $0.model == price.model && $0.provider == price.provider && $0.from == price.from }
        if let twin {
            throw failure(
                head, "the price in line \(twin.line) is of the same model, provider and date: remove one of them")
        }
        prices.append(price)
        members = [:]
        self.head = nil
    }
}

// The members of a price.
extension PriceReading {
    private func required<Value>(_ value: Value?, _ key: String, _ head: Int) throws -> Value {
        guard let value else { throw failure(head, "the price that begins here has no '\(key)': add it") }
        return value
    }

    private func text(_ key: String) throws -> String? {
        guard let (value, line) = members[key] else { return nil }
        guard case .text(let text) = value, !text.isEmpty else {
            throw failure(line, "\(key) is a text in quotation marks, and not an empty one")
        }
        return text
    }

    private func pattern(_ head: Int) throws -> Price.Pattern {
        let text = try required(try text("model"), "model", head)
        guard !text.dropLast().contains("*") else {
            throw failure(members["model"]?.line ?? head, "a * may stand at the end of a model only")
        }
        return Price.Pattern(text)
    }

    private func currency(_ head: Int) throws -> String {
        let text = try required(try text("currency"), "currency", head)
        guard text.utf8.count == 3, text.utf8.allSatisfy({ UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 }) else {
            throw failure(members["currency"]?.line ?? head, "currency is its three capital letters, such as \"USD\"")
        }
        return text
    }

    private func rate(_ key: String) throws -> Rate? {
        guard let (value, line) = members[key] else { return nil }
        guard case .bare(let text) = value, let rate = Rate(text) else {
            throw failure(line, "\(key) is \(Rate.form), without quotation marks")
        }
        return rate
    }

    private func day() throws -> Int64? {
        guard let (value, line) = members["from"] else { return nil }
        guard case .bare(let text) = value, text.utf8.count == "2026-11-01".utf8.count,
            let milliseconds = Moment.parse(text + "Z")
        else { throw failure(line, "from is a day, such as 2026-11-01, without quotation marks") }
        return milliseconds / Price.millisecondsInDay
    }
}

extension Character {
    /// A line feed, with or without a carriage return before it.
    fileprivate var isLineEnd: Bool { self == "\n" || self == "\r\n" }
}
