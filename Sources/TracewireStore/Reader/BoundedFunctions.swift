internal import CSQLite
internal import Glibc

/// Functions of SQLite whose cost grows with the product of two lengths, in versions that end with their query.
///
/// Nothing can interrupt SQLite's own: one call of its `instr` on two texts of 40 MB keeps a thread for hours. Here
/// `instr` and `replace` search in linear time, and the others look at the deadline while they compare.
/// ``CountedFunctions`` has those that would be too much to write anew.
enum BoundedFunctions {
    static func add(to connection: Connection) throws(StoreError) {
        try add("instr", 2, connection) { BoundedFunctions.instr(FunctionCall($0, $1, $2)) }
        try add("replace", 3, connection) { BoundedFunctions.replace(FunctionCall($0, $1, $2)) }
        try add("trim", 2, connection) { BoundedFunctions.trim(FunctionCall($0, $1, $2), atStart: true, atEnd: true) }
        try add("ltrim", 2, connection) { BoundedFunctions.trim(FunctionCall($0, $1, $2), atStart: true, atEnd: false) }
        try add("rtrim", 2, connection) { BoundedFunctions.trim(FunctionCall($0, $1, $2), atStart: false, atEnd: true) }
        try add("like", 2, connection) { BoundedFunctions.like(FunctionCall($0, $1, $2)) }
        try add("like", 3, connection) { BoundedFunctions.like(FunctionCall($0, $1, $2)) }
        try add("glob", 2, connection) { BoundedFunctions.glob(FunctionCall($0, $1, $2)) }
    }

    private typealias Function =
        @convention(c) (OpaquePointer?, Int32, UnsafeMutablePointer<OpaquePointer?>?) -> Void

    private static func add(
        _ name: String, _ count: Int32, _ connection: Connection, _ function: Function
    ) throws(StoreError) {
        let flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS
        let result = sqlite3_create_function_v2(connection.handle, name, count, flags, nil, function, nil, nil, nil)
        guard result == SQLITE_OK else { throw connection.failure(result) }
    }
}

// Searching, by glibc's `memmem`, whose time is linear.
extension BoundedFunctions {
    /// The place of the second argument in the first, from 1: of bytes if both are blobs, else of characters.
    private static func instr(_ call: FunctionCall?) {
        guard let call, !call.hasNull else { return }
        let isBinary = call.isBlob(0) && call.isBlob(1)
        let text = isBinary ? call.blob(0) : call.text(0)
        let wanted = isBinary ? call.blob(1) : call.text(1)
        guard !wanted.isEmpty else { return call.result(1) }
        guard let offset = text[...].firstOffset(of: wanted) else { return call.result(0) }
        let before = UnsafeRawBufferPointer(rebasing: text[..<offset])
        call.result(isBinary ? offset + 1 : before.count(where: { !$0.continuesCharacter }) + 1)
    }

    /// The first argument, each second in it replaced by the third.
    private static func replace(_ call: FunctionCall?) {
        guard let call, !call.isNull(0), !call.isNull(1) else { return }
        let text = call.text(0)
        let wanted = call.text(1)
        guard let first = wanted.first, first != 0 else { return call.resultIsArgument(0) }
        guard !call.isNull(2) else { return }
        let replacement = call.text(2)
        let count = text.count + text.occurrences(of: wanted) * (replacement.count - wanted.count)
        call.result(bytes: count) { output in
            var rest = text[...]
            while let offset = rest.firstOffset(of: wanted) {
                output.append(rest[..<offset])
                output.append(replacement[...])
                rest = rest[(offset + wanted.count)...]
            }
            output.append(rest)
        }
    }
}

// Comparing.
extension BoundedFunctions {
    private static func trim(_ call: FunctionCall?, atStart: Bool, atEnd: Bool) {
        guard let call, !call.hasNull else { return }
        var text = call.text(0)[...]
        let set = call.text(1)
        var pace = Pace()
        // Where the query must end, as if nothing more had to go.
        while atStart, let count = set.characters.first(where: { pace.isOver() || text.starts(with: $0) })?.count,
            !pace.hasEnded
        {
            text = text.dropFirst(count)
        }
        while atEnd,
            let count = set.characters.first(where: { pace.isOver() || text.suffix($0.count).elementsEqual($0) })?
                .count,
            !pace.hasEnded
        {
            text = text.dropLast(count)
        }
        guard !pace.hasEnded else { return call.interrupt() }
        call.result(bytes: text.count) { $0.append(text) }
    }

    /// The first argument is the pattern.
    private static func like(_ call: FunctionCall?) {
        guard let call, mayMatch(call) else { return }
        var escape = UnsafeRawBufferPointer(start: nil, count: 0)
        if call.count == 3 {
            escape = call.string(2)
            guard escape.characters.reduce(0, { count, _ in count + 1 }) == 1 else {
                return call.fail("ESCAPE expression must be a single character")
            }
        }
        match(call, .like(escape: escape))
    }

    private static func glob(_ call: FunctionCall?) {
        guard let call, mayMatch(call) else { return }
        match(call, .glob)
    }

    private static func match(_ call: FunctionCall, _ wildcards: PatternMatch.Wildcards) {
        var match = PatternMatch(pattern: call.string(0), text: call.string(1), wildcards)
        guard let isMatch = match.isMatch() else { return call.interrupt() }
        call.result(isMatch ? 1 : 0)
    }

    /// Debian builds SQLite so that blobs match nothing.
    private static let blobsMatch = sqlite3_compileoption_used("LIKE_DOESNT_MATCH_BLOBS") == 0

    /// Whether the arguments are to be compared; if not, the call has its result.
    private static func mayMatch(_ call: FunctionCall) -> Bool {
        if !blobsMatch && (call.isBlob(0) || call.isBlob(1)) {
            call.result(0)
            return false
        }
        guard !call.hasNull else { return false }
        if call.text(0).count <= call.longestPattern { return true }
        call.fail("LIKE or GLOB pattern too complex")
        return false
    }
}
