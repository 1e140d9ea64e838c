internal import TracewireProtocol

/// Writes a run as one JSON object: the workflow's columns, `nodes` with the `generations` of each, and the `generations`
/// outside of any node. What belongs to it comes one after the other, as there may be more than memory holds.
struct RunObject {
    private let output: Output
    private var elements = RunElements()

    init(_ output: Output) {
        self.output = output
    }

    mutating func begin(_ workflow: AnswerRow) throws {
        try elements.write(RunElements.fields(workflow) + Array(",\"nodes\":[".utf8), to: output)
    }

    mutating func item(_ item: RunValues.Item) throws {
        try elements.item(item, to: output)
    }

    /// No nodes come any more: only calls outside of any.
    mutating func endNodes() throws {
        try elements.end(to: output)
        elements = RunElements()
        try elements.write(Array("],\"generations\":[".utf8), to: output)
    }

    mutating func end() throws {
        try elements.write(Array("]}\n".utf8), to: output)
    }
}

/// Writes nodes, each with its calls, and calls as JSON objects with something between them.
struct RunElements {
    private var isInNode = false
    private var count = 0
    private var calls = 0
    private let separator: String

    init(separator: String = ",") {
        self.separator = separator
    }

    mutating func item(_ item: RunValues.Item, to output: Output) throws {
        switch item {
        case .node(let row):
            try begin(Self.fields(row) + Array(",\"generations\":[".utf8), to: output)
            (isInNode, calls) = (true, 0)
        case .call(let row) where isInNode:
            try write(Array((calls == 0 ? "" : ",").utf8) + Self.object(row), to: output)
            calls += 1
        case .call(let row): try begin(Self.object(row), to: output)
        }
    }

    private mutating func begin(_ bytes: [UInt8], to output: Output) throws {
        try end(to: output)
        try write(Array((count == 0 ? "" : separator).utf8) + bytes, to: output)
        count += 1
    }

    /// Ends the node that is open, if one is: what comes is not its own.
    mutating func end(to output: Output) throws {
        if isInNode { try write(Array("]}".utf8), to: output) }
        isInNode = false
    }

    func write(_ bytes: [UInt8], to output: Output) throws {
        try output.write(values: bytes)
    }

    private static func object(_ row: AnswerRow) -> [UInt8] { fields(row) + [UInt8(ascii: "}")] }

    /// The columns of a row as an object whose end is missing.
    static func fields(_ row: AnswerRow) -> [UInt8] {
        var keys = JSONKeys()
        keys.begin(row.columns)
        return keys.object(row.values)
    }
}
