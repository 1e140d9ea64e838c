import TracewireProtocol

@testable import TracewireStore

/// One row of the answer to `search`.
struct FoundHit: Hashable, CustomStringConvertible {
    let workflow: Int64
    let workflowName: String
    let status: String
    let createdAtMs: Int64
    let table: String
    let row: Int64
    let rowName: String?
    let column: String
    let valueBytes: Int64
    let offset: Int64
    let occurrences: Int64
    let excerpt: String
    let excerptOffset: Int64

    var place: String { "\(table) \(row) \(column)" }
    var description: String { "\(place) at \(offset), \(occurrences) times" }

    init?(_ row: [Value]) {
        guard row.count == 13, case .integer(let workflow) = row[0], case .text(let workflowName) = row[1],
            case .text(let status) = row[2], case .integer(let createdAtMs) = row[3], case .text(let table) = row[4],
            case .integer(let id) = row[5], case .text(let column) = row[7], case .integer(let valueBytes) = row[8],
            case .integer(let offset) = row[9], case .integer(let occurrences) = row[10],
            case .text(let excerpt) = row[11], case .integer(let excerptOffset) = row[12]
        else { return nil }
        (self.workflow, self.workflowName, self.status) = (workflow, workflowName, status)
        (self.createdAtMs, self.table, self.row, self.column) = (createdAtMs, table, id, column)
        if case .text(let name) = row[6] { rowName = name } else { rowName = nil }
        (self.valueBytes, self.offset, self.occurrences) = (valueBytes, offset, occurrences)
        (self.excerpt, self.excerptOffset) = (excerpt, excerptOffset)
    }
}

extension Answer {
    var hits: [FoundHit] { rows.compactMap(FoundHit.init) }
    var places: [String] { hits.map(\.place) }
}

extension StoreReader {
    func search(
        _ text: String, _ arguments: [String: Value] = [:], control: QueryControl = QueryControl()
    ) -> Answer {
        let arguments = arguments.merging(["text": .text(text)]) { _, text in text }
        return ask(.report(name: "search", arguments: arguments), control: control)
    }
}

extension Recorder {
    func search(_ text: String, _ arguments: [String: Value] = [:]) throws -> Answer {
        try StoreReader(path: database.path).search(text, arguments)
    }
}
