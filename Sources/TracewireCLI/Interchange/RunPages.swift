internal import TracewireProtocol

/// Reads what a collector holds page by page: a page is read whole before it is handed over, so that no query waits for
/// whoever takes it.
struct RunPages {
    /// Memory that a page may take, about, in bytes. It decides how many runs the next page has.
    private static let pageBytes = 8 << 20
    private static let largestPage: Int64 = 1000

    /// Some runs, by their numbers, with all that belongs to them.
    struct Page {
        let workflows: [AnswerRow]
        let nodes: [AnswerRow]
        let generations: [AnswerRow]
        let sheds: [AnswerRow]

        /// About what the page takes in memory.
        fileprivate var bytes: Int {
            [workflows, nodes, generations, sheds].joined().reduce(0) { $0 + $1.payloadBytes }
        }
    }

    let collector: any Answering

    /// Hands over all users, then all runs. A user who came since the users were read comes before their first run.
    func forEach(users: ([AnswerRow]) throws -> Void, page: (Page) throws -> Void) async throws {
        var lastUser = try await forEachUser(after: 0, users)
        var last: Int64 = 0
        var size: Int64 = 8
        while true {
            let workflows = try await collector.rows(
                .report("workflow_page", ["after_id": .integer(last), "limit": .integer(size)]))
            guard let next = workflows.last?.integer("id") else { return }
            do {
                let read = try await self.page(workflows)
                if let newest = workflows.compactMap({ $0.integer("user_id") }).max(), newest > lastUser {
                    lastUser = try await forEachUser(after: lastUser, users)
                }
                try page(read)
                last = next
                size = Self.pageSize(after: size, of: read.bytes)
            } catch let failure as CommandFailure where Self.isLimit(failure.code) && size > 1 {
                // Nothing of the page has been handed over: runs this large are taken one by one.
                size = 1
            }
        }
    }

    /// Returns the number of the last user.
    private func forEachUser(after first: Int64, _ body: ([AnswerRow]) throws -> Void) async throws -> Int64 {
        var last = first
        while true {
            let page = try await collector.rows(
                .report("users", ["after_id": .integer(last), "limit": .integer(Self.largestPage)]))
            guard let next = page.last?.integer("id") else { return last }
            try body(page)
            last = next
        }
    }

    /// These workflows, whose numbers follow each other, with what belongs to them.
    func page(_ workflows: [AnswerRow]) async throws -> Page {
        guard let first = workflows.first?.integer("id"), let last = workflows.last?.integer("id") else {
            return Page(workflows: [], nodes: [], generations: [], sheds: [])
        }
        let arguments: [String: Value?] = ["first": .integer(first), "last": .integer(last)]
        // Rows come while these are read: the node of a call that was read is there by the time the nodes are.
        let generations = try await collector.rows(.report("generations", arguments))
        let nodes = try await collector.rows(.report("nodes", arguments))
        let sheds = try await collector.rows(.report("sheds", arguments))
        // Runs may have been pruned while these were read, and half of such a run would look like a whole one. Each goes at
        // once, so that one which is there still was whole all the while.
        let there = try await present(first, last)
        func stays(_ row: AnswerRow) -> Bool { there.contains(row.integer("workflow_id") ?? 0) }
        return Page(
            workflows: workflows.filter { there.contains($0.integer("id") ?? 0) }, nodes: nodes.filter(stays),
            generations: generations.filter(stays), sheds: sheds.filter(stays))
    }

    private func present(_ first: Int64, _ last: Int64) async throws -> Set<Int64> {
        let rows = try await collector.rows(
            .sql(
                text: "SELECT id FROM workflows WHERE id BETWEEN ?1 AND ?2",
                parameters: [.integer(first), .integer(last)]))
        return Set(rows.compactMap { $0.integer("id") })
    }

    private static func isLimit(_ code: Code) -> Bool {
        code == .rowLimit || code == .byteLimit
    }

    /// Doubles while pages are small, and falls to what fits when one is large.
    private static func pageSize(after size: Int64, of bytes: Int) -> Int64 {
        let fitting = Int64(Double(pageBytes) / Double(max(bytes, 1)) * Double(size))
        return min(max(1, min(fitting, size * 2)), largestPage)
    }
}

extension AnswerRow {
    /// Bytes of its texts and BLOBs, and some for everything else.
    fileprivate var payloadBytes: Int {
        values.reduce(0) { bytes, value in
            switch value {
            case .text(let text): bytes + text.utf8.count
            case .blob(let blob): bytes + blob.count
            default: bytes + 8
            }
        }
    }
}
