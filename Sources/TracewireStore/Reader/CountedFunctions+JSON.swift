internal import CSQLite

// The functions of JSON that look for paths. Those that only read keep what they have parsed, and so work on texts of the
// largest size without a large allocation, by which ``MemoryBudget`` would notice them.
extension CountedFunctions {
    /// Those that look for one path, or for none, by the number of their arguments.
    private static let lookUps: [(name: String, arguments: Int32, expression: String)] = [
        ("json_extract", 2, "json_extract(argument(0), argument(1))"), ("->", 2, "argument(0) -> argument(1)"),
        ("->>", 2, "argument(0) ->> argument(1)"), ("json_type", 1, "json_type(argument(0))"),
        ("json_type", 2, "json_type(argument(0), argument(1))"),
        ("json_array_length", 1, "json_array_length(argument(0))"),
        ("json_array_length", 2, "json_array_length(argument(0), argument(1))"),
        ("json_valid", 1, "json_valid(argument(0))"),
    ]

    /// Those that look for any number of paths: each, and how many arguments go with a path.
    private static let pathLists = [
        ("json_extract", 1), ("json_remove", 1), ("json_set", 2), ("json_insert", 2), ("json_replace", 2),
    ]

    /// Most steps of one call of those: values of a text that are passed, and bytes of paths. On a busy machine they take a
    /// second.
    private static let mostSteps = 1 << 26

    /// As deep as SQLite's JSON may be. It makes what a longer path asks for all the same, each level within the one
    /// before, until the thread's stack is full, and the process ends.
    private static let deepestPath = 2_000

    static func makeRelay() -> FunctionRelay { FunctionRelay(alternatives: lookUps.map(\.expression)) }

    func addJSON(to connection: Connection) throws(StoreError) {
        for (choice, function) in Self.lookUps.enumerated() {
            try add(function.name, function.arguments, connection) { $0.relay.pass($1, toAlternative: choice) }
        }
        for (name, argumentsOfPath) in Self.pathLists {
            try add(name, -1, connection) { $0.lookUp(name, $1, argumentsOfPath) }
        }
    }

    private func lookUp(_ name: String, _ call: FunctionCall, _ argumentsOfPath: Int) {
        var (paths, bytes) = (0, 0)
        for index in stride(from: 1, to: call.count, by: argumentsOfPath) {
            let path = call.text(index)
            guard Self.depth(of: path) <= Self.deepestPath else {
                return call.fail("a path of \(name) has more than \(Self.deepestPath) steps")
            }
            (paths, bytes) = (paths + 1, bytes + path.count)
        }
        guard Self.isBearable(paths, bytes, in: call) else {
            return call.fail("\(name) has too many paths for a value so large: look for fewer at a time")
        }
        relay.pass(call, to: name)
    }

    /// - Parameter bytes: of all paths.
    private static func isBearable(_ paths: Int, _ bytes: Int, in call: FunctionCall) -> Bool {
        if paths < 2 || paths * call.length(0) + bytes <= mostSteps { return true }
        // No less than there are values: before each but the first is one of these.
        let values = 1 + call.text(0).count { isBeforeValue($0) }
        return paths * values + bytes <= mostSteps
    }

    private static func isBeforeValue(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "{"): true
        default: false
        }
    }

    /// How deep a path leads at most.
    private static func depth(of path: UnsafeRawBufferPointer) -> Int {
        path.count <= deepestPath ? 0 : path.count { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "[") }
    }
}
