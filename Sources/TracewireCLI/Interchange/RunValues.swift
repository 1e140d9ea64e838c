internal import TracewireProtocol

/// Reads all that nodes and calls of a run recorded, in their order and some at a time: together they may be more than memory
/// holds, and more than one answer may have. No query waits for whoever takes them.
struct RunValues {
    enum Item {
        case node(AnswerRow)
        case call(AnswerRow)

        fileprivate var row: AnswerRow {
            switch self {
            case .node(let row), .call(let row): row
            }
        }

        fileprivate var id: Int64 { row.integer("id") ?? 0 }
    }

    private struct Part {
        var nodes: [Int64: AnswerRow] = [:]
        var calls: [Int64: AnswerRow] = [:]

        func whole(_ item: Item) -> Item? {
            switch item {
            case .node: nodes[item.id].map(Item.node)
            case .call: calls[item.id].map(Item.call)
            }
        }

        var bytes: Int {
            nodes.values.reduce(0) { $0 + $1.payloadBytes } + calls.values.reduce(0) { $0 + $1.payloadBytes }
        }
    }

    private static let itemsAtFirst: Int64 = 64

    let collector: any Answering
    let workflow: AnswerRow

    /// Hands over each item with all its columns.
    ///
    /// - Throws: ``CommandFailure`` if one is gone, as its run was pruned meanwhile, or what `body` throws.
    func read(_ items: [Item], _ body: (Item) throws -> Void) async throws {
        var place = 0
        var size = Self.itemsAtFirst
        while place < items.count {
            let part = items[place..<min(place + Int(size), items.count)]
            guard let found = try await read(part) else {
                size = max(1, size / 8)
                continue
            }
            for item in part {
                guard let whole = found.whole(item) else { throw goneFailure }
                try body(whole)
            }
            place += part.count
            size = RunPages.pageSize(after: Int64(part.count), of: found.bytes)
        }
    }

    /// `nil` if so many are too large. A single one may be as large as it is.
    private func read(_ items: ArraySlice<Item>) async throws -> Part? {
        var part = Part()
        do {
            for row in try await rows(
                "nodes", items.compactMap { if case .node = $0 { $0.id } else { nil } }, items.count)
            {
                part.nodes[row.integer("id") ?? 0] = row
            }
            for row in try await rows(
                "generations", items.compactMap { if case .call = $0 { $0.id } else { nil } }, items.count)
            {
                part.calls[row.integer("id") ?? 0] = row
            }
        } catch let failure as CommandFailure where RunPages.isLimit(failure) && items.count > 1 {
            return nil
        }
        return part
    }

    private func rows(_ report: String, _ ids: [Int64], _ together: Int) async throws -> [AnswerRow] {
        guard !ids.isEmpty else { return [] }
        let number = workflow.integer("id").map(Value.integer)
        let list = "[" + ids.map(String.init).joined(separator: ",") + "]"
        return try await collector.rows(
            .report(report, ["first": number, "last": number, "ids": .text(list)]),
            limits: QuestionLimits(maximumBytes: together > 1 ? RunPages.answerBytes : 0))
    }

    private var goneFailure: CommandFailure {
        CommandFailure(.failed, "run \(workflow.integer("id") ?? 0) was pruned while it was being read")
    }
}

extension Run {
    /// These nodes with their calls, as they stand in the tree.
    static func items(_ nodes: [Node]) -> [RunValues.Item] {
        nodes.flatMap { node in [.node(node.row)] + node.generations.map { .call($0) } }
    }
}
