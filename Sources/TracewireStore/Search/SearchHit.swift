internal import TracewireProtocol

/// The workflow that a value belongs to.
struct FoundWorkflow {
    let id: Int64
    let name: String
    let status: String
    let createdAtMs: Int64

    /// Reads `id, name, status, created_at` from the column `first` on.
    init(_ statement: Statement, from first: Int32) {
        id = statement.integer(first)
        name = statement.text(first + 1)
        status = statement.text(first + 2)
        createdAtMs = statement.integer(first + 3)
    }
}

/// Which value it is.
struct FoundPlace {
    let table: PayloadColumn.Table
    let row: Int64
    /// The node's name, or the call's model; `nil` in workflows.
    let rowName: String?
    let column: String
}

/// One value that holds the text, as a row of the answer.
enum SearchHit {
    static let columns = Columns([
        Column(name: "workflow_id", declaredType: "INTEGER"), Column(name: "workflow_name", declaredType: "TEXT"),
        Column(name: "status", declaredType: "TEXT"), Column(name: "created_at", declaredType: "INTEGER"),
        Column(name: "table_name", declaredType: "TEXT"), Column(name: "row_id", declaredType: "INTEGER"),
        Column(name: "row_name", declaredType: "TEXT"), Column(name: "column_name", declaredType: "TEXT"),
        Column(name: "value_bytes", declaredType: "INTEGER"), Column(name: "offset", declaredType: "INTEGER"),
        Column(name: "occurrences", declaredType: "INTEGER"), Column(name: "excerpt", declaredType: "TEXT"),
        Column(name: "excerpt_offset", declaredType: "INTEGER"),
    ])

    static func row(
        _ workflow: FoundWorkflow, _ place: FoundPlace, _ match: SearchedText.Match, in value: UnsafeRawBufferPointer,
        length: Int
    ) -> [Value] {
        let excerpt = Excerpt.places(around: match.offset..<match.offset + length, in: value)
        return [
            .integer(workflow.id), .text(workflow.name), .text(workflow.status), .integer(workflow.createdAtMs),
            .text(place.table.rawValue), .integer(place.row), place.rowName.map { .text($0) } ?? .null,
            .text(place.column), .integer(Int64(value.count)), .integer(Int64(match.offset)),
            .integer(Int64(match.occurrences)), .text(String(decoding: value[excerpt], as: UTF8.self)),
            .integer(Int64(match.offset - excerpt.lowerBound)),
        ]
    }
}
