internal import TracewireProtocol

/// Writes what a collector holds as events, page by page: a page is read whole before it is written, so that no query
/// waits for whoever reads the output.
struct Exporter {
    /// Memory that a page may take, about, in bytes. It decides how many runs the next page has.
    private static let pageBytes = 8 << 20
    private static let largestPage: Int64 = 1000

    let collector: any Answering
    let output: Output

    /// All users, then all runs.
    func exportAll() async throws {
        try await exportUsers()
        try await exportRuns()
    }

    /// One run, and the user whose run it is.
    func export(run id: String) async throws {
        let workflow = try await RunName(id).workflow(from: collector)
        guard let number = workflow.integer("id") else { return }
        if let user = workflow.integer("user_id") {
            let users = try await collector.rows(
                .report("users", ["after_id": .integer(user - 1), "limit": .integer(1)]))
            for user in users { try output.write(Self.line(user: user)) }
        }
        try await write([workflow], number...number)
    }

    private func exportUsers() async throws {
        var last: Int64 = 0
        while true {
            let page = try await collector.rows(
                .report("users", ["after_id": .integer(last), "limit": .integer(Self.largestPage)]))
            for user in page { try output.write(Self.line(user: user)) }
            guard let next = page.last?.integer("id") else { return }
            last = next
        }
    }

    private func exportRuns() async throws {
        var last: Int64 = 0
        var size: Int64 = 8
        while true {
            let page = try await collector.rows(
                .report("workflow_page", ["after_id": .integer(last), "limit": .integer(size)]))
            guard let first = page.first?.integer("id"), let next = page.last?.integer("id") else { return }
            do {
                let bytes = try await write(page, first...next)
                last = next
                size = Self.pageSize(after: size, of: bytes)
            } catch let failure as CommandFailure where Self.isLimit(failure.code) && size > 1 {
                // Nothing of the page has been written yet: runs this large are taken one by one.
                size = 1
            }
        }
    }

    private static func isLimit(_ code: Code) -> Bool {
        code == .rowLimit || code == .byteLimit
    }

    /// Doubles while pages are small, and falls to what fits when one is large.
    private static func pageSize(after size: Int64, of bytes: Int) -> Int64 {
        let fitting = Int64(Double(pageBytes) / Double(max(bytes, 1)) * Double(size))
        return min(max(1, min(fitting, size * 2)), largestPage)
    }

    /// Writes runs whose keys are in `range`; returns the bytes that they took.
    @discardableResult
    private func write(_ workflows: [AnswerRow], _ range: ClosedRange<Int64>) async throws -> Int {
        var runs: [Int64: RunEvents] = [:]
        for row in workflows { runs[row.integer("id") ?? 0] = RunEvents(row) }
        let arguments: [String: Value?] = ["first": .integer(range.lowerBound), "last": .integer(range.upperBound)]
        for row in try await collector.rows(.report("nodes", arguments)) {
            runs[row.integer("workflow_id") ?? 0]?.append(node: row)
        }
        for row in try await collector.rows(.report("generations", arguments)) {
            runs[row.integer("workflow_id") ?? 0]?.append(generation: row)
        }
        var bytes = 0
        for key in runs.keys.sorted() {
            for line in runs[key]?.lines() ?? [] {
                bytes += line.count
                try output.write(line)
            }
        }
        return bytes
    }

    private static func line(user row: AnswerRow) -> [UInt8] {
        var line = EventLine(.user)
        line.text(.username, row.text("username"))
        line.text(.email, row.text("email"))
        line.integer(.atMs, row.integer("created_at"))
        return line.ended()
    }
}
