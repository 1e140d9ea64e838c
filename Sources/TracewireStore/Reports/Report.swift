internal import TracewireProtocol

/// A question with a name: what it takes, and the SQL that answers it.
///
/// Arguments are bound, never pasted. A filter whose argument is absent is left out of the SQL, so that SQLite can use an
/// index for those that are there.
struct Report {
    /// What an argument may be.
    enum Kind: Equatable {
        case integer
        case text
        /// Yes or no: 1 or 0, which is also what an absent one is.
        case flag
        /// The name of a workflow's status.
        case status
        /// One of some words.
        case oneOf([String])
        /// How many rows, from 1 to ``largestLimit``.
        case limit
        /// Text that is searched for, anywhere in a value: becomes a pattern for `LIKE … ESCAPE '\'`.
        case search
        /// The integer key, or a UUID or its beginning: becomes `:id`, or `:low` and `:high`.
        case key
    }

    struct Argument {
        let name: String
        let kind: Kind
        var isRequired = false
        /// What is bound where the argument is absent.
        var standard: Value?
        /// What the argument adds to the conditions; begins with a column.
        var condition: String?
        /// Sets of arguments that choose the index where all of one are given too: this one then only filters what they
        /// find.
        var yieldsTo: [Set<String>] = []

        /// The condition where these arguments are given. The sign keeps SQLite from using an index for it.
        fileprivate func condition(with given: Set<String>) -> String? {
            guard let condition, given.contains(name) else { return nil }
            return yieldsTo.contains { $0.isSubset(of: given) } ? "+" + condition : condition
        }
    }

    static let largestLimit: Int64 = 100_000
    let name: String
    let arguments: [Argument]
    /// The SQL, with the conditions that apply: `1` if none does.
    let text: @Sendable (_ conditions: String) -> String
    /// The columns that stand in place of the last one, `cells`; none for a report that reads no rollups.
    var rollup: [RollupColumn] = []
    /// What it means that there is no row; `nil` if that is an answer like any other.
    var emptyFault: QueryFault?
    /// Whether there may be only one row.
    var isUnique = false
    /// Refuses arguments that do not go together.
    var check: (@Sendable ([String: Value]) throws(QueryFault) -> Void)?

    /// The SQL for the arguments that are given.
    func sql(_ given: Set<String>) -> String {
        var conditions = arguments.compactMap { $0.condition(with: given) }
        if given.contains("low") { conditions.append("w.uuid BETWEEN :low AND :high") }
        return text(conditions.isEmpty ? "1" : conditions.joined(separator: " AND "))
    }

    /// What is bound, by parameter.
    func values(_ given: [String: Value]) throws(QueryFault) -> [String: Value] {
        let values = try Self.values(of: arguments, given, for: name)
        try check?(values)
        return values
    }

    /// The arguments that `name` takes, checked.
    static func values(
        of arguments: [Argument], _ given: [String: Value], for name: String
    ) throws(QueryFault) -> [String: Value] {
        if let unknown = given.keys.sorted().first(where: { name in !arguments.contains { $0.name == name } }) {
            throw QueryFault(.invalidArgument, "\(name) has no argument \(unknown.prefix(64))")
        }
        var values: [String: Value] = [:]
        for argument in arguments {
            guard let value = given[argument.name], value != .null else {
                guard !argument.isRequired else {
                    throw QueryFault(.invalidArgument, "\(name) needs the argument \(argument.name)")
                }
                values[argument.name] = argument.standard
                continue
            }
            for (parameter, value) in try checked(argument, value, for: name) { values[parameter] = value }
        }
        return values
    }

    private static func checked(
        _ argument: Argument, _ value: Value, for name: String
    ) throws(QueryFault) -> [String: Value] {
        switch (argument.kind, value) {
        case (.integer, .integer), (.text, .text): return [argument.name: value]
        case (.flag, .integer(0...1)): return [argument.name: value]
        case (.key, .integer): return ["id": value]
        case (.key, .text(let text)): return try range(of: text)
        case (.limit, .integer(let limit)) where (1...largestLimit).contains(limit): return [argument.name: value]
        case (.status, .text(let status)) where workflowStatuses.contains(status): return [argument.name: value]
        case (.oneOf(let words), .text(let word)) where words.contains(word): return [argument.name: value]
        case (.search, .text(let text)) where text.utf8.count <= Limits.searchBytes:
            return [argument.name: .text(pattern(text))]
        default:
            throw QueryFault(.invalidArgument, "\(argument.name) of \(name) has to be \(wanted(argument.kind))")
        }
    }

    private static func wanted(_ kind: Kind) -> String {
        switch kind {
        case .integer: "an integer"
        case .text: "a text"
        case .flag: "0 or 1"
        case .status: "a workflow's status: " + workflowStatuses.joined(separator: ", ")
        case .oneOf(let words): words.joined(separator: " or ")
        case .limit: "an integer from 1 to \(largestLimit)"
        case .search: "a text of at most \(Limits.searchBytes) bytes"
        case .key: "an integer id, or a UUID or its beginning"
        }
    }

    private static let workflowStatuses = StatusEntity.workflow.statuses.map(\.name)

    private static func pattern(_ text: String) -> String {
        var pattern = "%"
        for character in text.unicodeScalars {
            if character == "%" || character == "_" || character == "\\" { pattern.append("\\") }
            pattern.unicodeScalars.append(character)
        }
        return pattern + "%"
    }

    /// The first and the last UUID that begin like `text`.
    private static func range(of text: String) throws(QueryFault) -> [String: Value] {
        let digits = text.filter { $0 != "-" }
        guard (1...32).contains(digits.count), digits.allSatisfy({ $0.isASCII && $0.isHexDigit }),
            let low = bytes(digits, filledWith: "0"), let high = bytes(digits, filledWith: "f")
        else { throw QueryFault(.invalidArgument, "id has to be \(wanted(.key))") }
        return ["low": .blob(low), "high": .blob(high)]
    }

    private static func bytes(_ digits: String, filledWith digit: Character) -> [UInt8]? {
        let all = Array(digits + String(repeating: digit, count: 32 - digits.count))
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: 32, by: 2) {
            guard let byte = UInt8(String(all[index...index + 1]), radix: 16) else { return nil }
            bytes.append(byte)
        }
        return bytes
    }
}
