import Script
import TracewireProtocol
import TracewireStore

/// Statements from outside, and reports with whatever arguments: each has an answer with a code, nothing is written, and
/// nothing is told of another database that lies beside.
func test(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let text = String(decoding: input(start, count), as: UTF8.self)
    let before = databases.signature
    ask(.sql(text: text, parameters: []))
    let words = text.split(separator: " ", maxSplits: 2).map(String.init)
    if let report = words.first, report != "backup" {
        ask(.report(name: report, arguments: [words.dropFirst().first ?? "": .text(words.last ?? "")]))
    }
    precondition(databases.signature == before, "a question has changed the database")
    return 0
}

private func ask(_ request: Query.Request) {
    let control = QueryControl(deadline: .now + .milliseconds(500))
    let limits = QueryLimits(timeoutMs: 500, rows: 100, bytes: 1 << 16)
    var told: [UInt8] = []
    let summary = databases.reader.run(
        Query(request, credit: 0), limits: limits, control: control, columns: { told += $0.encoded() },
        rows: { told += $0 })
    told += Array(summary.message.utf8)
    let isOfQuery = (300..<400).contains(summary.code.rawValue)
    precondition(
        isOfQuery || [.ok, .storageUnavailable].contains(summary.code), "the code \(summary.code) is none of a query")
    precondition(!contains(told, Databases.secret), "another database is told of")
}

private func contains(_ bytes: [UInt8], _ text: String) -> Bool {
    let wanted = Array(text.utf8)
    guard bytes.count >= wanted.count else { return false }
    return (0...bytes.count - wanted.count).contains { bytes[$0..<$0 + wanted.count].elementsEqual(wanted) }
}

fuzz(test)
