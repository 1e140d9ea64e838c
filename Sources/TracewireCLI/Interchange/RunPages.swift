internal import TracewireProtocol

/// Reads what a collector holds page by page: a page is read whole before it is handed over, so that no query waits for
/// whoever takes it.
struct RunPages {
    /// Memory that a page may take, about, in bytes. It decides how many runs the next page has.
    private static let pageBytes = 8 << 20
    private static let largestPage: Int64 = 1000
    /// What an answer may take where runs may be split.
    static let answerBytes: UInt64 = 32 << 20

    /// Some runs, by their numbers, with all that belongs to them; or a part of one run.
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
    /// Whether a run that is larger than a page comes in several (``RunParts``). Otherwise it comes whole.
    var splitsRuns = false
    /// Drawn while runs are read.
    var progress = ProgressBar(terminal: .none)

    /// Hands over one run with the user whose run it is, or all users and then all runs: `nil`.
    func forEach(
        run: String? = nil, users: ([AnswerRow]) throws -> Void, page: (Page) async throws -> Void
    ) async throws {
        guard let run else { return try await forEachRun(users, page) }
        let workflow = try await RunName(run).workflow(from: collector)
        if let user = workflow.integer("user_id") {
            try users(
                try await collector.rows(.report("users", ["after_id": .integer(user - 1), "limit": .integer(1)])))
        }
        if let read = try await whole([workflow]) {
            try await page(read)
        } else {
            var bar = progress
            defer { bar.clear() }
            try await forEachPart(of: workflow, page) { bar.update(share: nil, $0) }
        }
    }

    private func forEachPart(
        of workflow: AnswerRow, _ page: (Page) async throws -> Void, progress: (String) -> Void
    ) async throws {
        var rows = 0
        try await RunParts(collector: collector, workflow: workflow).read { part in
            try await page(part)
            rows += part.nodes.count + part.generations.count
            progress("\(Plural.of(rows, "row")) of run \(workflow.integer("id") ?? 0)")
        }
    }

    /// A user who came since the users were read comes before their first run.
    private func forEachRun(
        _ users: ([AnswerRow]) throws -> Void, _ page: (Page) async throws -> Void
    ) async throws {
        var bar = progress
        defer { bar.clear() }
        let newest = bar.isVisible ? try await newestRun() : 0
        var lastUser = try await forEachUser(after: 0, users)
        var last: Int64 = 0
        var size: Int64 = 8
        while true {
            let workflows = try await collector.rows(
                .report("workflow_page", ["after_id": .integer(last), "limit": .integer(size)]))
            guard let row = workflows.last, let next = row.integer("id") else { return }
            let read = try await whole(workflows)
            guard read != nil || workflows.count == 1 else {
                // Runs this large are taken one by one.
                size = 1
                continue
            }
            if let newest = workflows.compactMap({ $0.integer("user_id") }).max(), newest > lastUser {
                lastUser = try await forEachUser(after: lastUser, users)
            }
            if let read {
                try await page(read)
                size = Self.pageSize(after: size, of: read.bytes)
            } else {
                let share = Double(last) / Double(max(newest, next))
                try await forEachPart(of: row, page) { bar.update(share: share, $0) }
            }
            last = next
            bar.update(share: Double(last) / Double(max(newest, last)), "run \(last) of \(max(newest, last))")
        }
    }

    /// These runs; `nil` if they are too large for that, and may be read otherwise.
    private func whole(_ workflows: [AnswerRow]) async throws -> Page? {
        do {
            return try await page(workflows)
        } catch let failure as CommandFailure where Self.isLimit(failure) && (splitsRuns || workflows.count > 1) {
            return nil
        }
    }

    private func newestRun() async throws -> Int64 {
        let rows = try await collector.rows(.sql(text: "SELECT max(id) AS id FROM workflows", parameters: []))
        return rows.first?.integer("id") ?? 0
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
    private func page(_ workflows: [AnswerRow]) async throws -> Page {
        guard let first = workflows.first?.integer("id"), let last = workflows.last?.integer("id") else {
            return Page(workflows: [], nodes: [], generations: [], sheds: [])
        }
        let arguments: [String: Value?] = ["first": .integer(first), "last": .integer(last)]
        let limits = QuestionLimits(maximumBytes: splitsRuns ? Self.answerBytes : 0)
        // Rows come while these are read: the node of a call that was read is there by the time the nodes are.
        let generations = try await collector.rows(.report("generations", arguments), limits: limits)
        let nodes = try await collector.rows(.report("nodes", arguments), limits: limits)
        let sheds = try await collector.rows(.report("sheds", arguments))
        // Runs may have been pruned while these were read, and half of such a run would look like a whole one. Each goes at
        // once, or is marked before anything of it goes, so that one which is there still was whole all the while.
        let there = try await Self.present(first, last, collector)
        func stays(_ row: AnswerRow) -> Bool { there.contains(row.integer("workflow_id") ?? 0) }
        return Page(
            workflows: workflows.filter { there.contains($0.integer("id") ?? 0) }, nodes: nodes.filter(stays),
            generations: generations.filter(stays), sheds: sheds.filter(stays))
    }

    /// Which of these runs are there, and whole.
    static func present(_ first: Int64, _ last: Int64, _ collector: any Answering) async throws -> Set<Int64> {
        let rows = try await collector.rows(
            .sql(
                text: "SELECT id FROM workflows WHERE id BETWEEN ?1 AND ?2 AND end_reason IS NOT 'pruned'",
                parameters: [.integer(first), .integer(last)]))
        return Set(rows.compactMap { $0.integer("id") })
    }

    /// Whether an answer had more rows or bytes than it may have.
    static func isLimit(_ failure: CommandFailure) -> Bool {
        failure.code == .rowLimit || failure.code == .byteLimit
    }

    /// Doubles while pages are small, and falls to what fits when one is large.
    static func pageSize(after size: Int64, of bytes: Int) -> Int64 {
        let fitting = Int64(Double(pageBytes) / Double(max(bytes, 1)) * Double(size))
        return min(max(1, min(fitting, size * 2)), largestPage)
    }
}

extension AnswerRow {
    /// Bytes of its texts and BLOBs, and some for everything else.
    var payloadBytes: Int {
        values.reduce(0) { bytes, value in
            switch value {
            case .text(let text): bytes + text.utf8.count
            case .blob(let blob): bytes + blob.count
            default: bytes + 8
            }
        }
    }
}
