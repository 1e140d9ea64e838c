internal import ArgumentParser
internal import TracewireProtocol

/// How people name a run: by its number, its UUID, with hyphens or without, or the beginning of one.
struct RunName {
    private static let candidatesShown = 10
    static let emptyFault = ValidationError("a run has a number or a UUID: the empty text is neither")

    private let text: String

    init(_ text: String) {
        self.text = text
    }

    /// Numbers have no zero before them; beginnings of version 7 UUIDs do.
    private var key: Value {
        text.hasPrefix("0") ? .text(text) : Int64(text).map { .integer($0) } ?? .text(text)
    }

    /// The row of the run that is named.
    ///
    /// - Throws: ``CommandFailure``, which lists the candidates if more than one run is meant.
    func workflow(from collector: any Answering) async throws -> AnswerRow {
        do {
            if let workflow = try await collector.rows(.report("workflow", ["id": key])).first { return workflow }
            throw try await absence(collector)
        } catch let failure as CommandFailure where failure.code == .notFound {
            throw try await absence(collector)
        } catch let failure as CommandFailure where failure.code == .invalidArgument {
            throw try await ambiguity(collector) ?? malformed
        }
    }

    private func absence(_ collector: any Answering) async throws -> CommandFailure {
        let parked = try await parkedRecords(collector)
        let why =
            parked == 0
            ? "'tracewire workflows' lists those that there are"
            : "\(Plural.of(Int(parked), "record")) of it wait for what they belong to; 'tracewire rejected list --parked'"
        return CommandFailure(.failed, "there is no run '\(text)' (not_found): \(why)", code: .notFound)
    }

    /// How many records wait, of a run that is named by its whole UUID.
    private func parkedRecords(_ collector: any Answering) async throws -> Int64 {
        guard let low = bytes(filledWith: "0"), low == bytes(filledWith: "f") else { return 0 }
        let statement = "SELECT count(*) AS records FROM parked_records WHERE workflow = ?"
        return try await collector.rows(.sql(text: statement, parameters: [.blob(low)])).first?.integer("records") ?? 0
    }

    private var malformed: CommandFailure {
        CommandFailure(
            .failed, "'\(text)' is neither a run's number nor a UUID or the beginning of one (invalid_argument)",
            code: .invalidArgument)
    }

    private func ambiguity(_ collector: any Answering) async throws -> CommandFailure? {
        guard let low = bytes(filledWith: "0"), let high = bytes(filledWith: "f") else { return nil }
        let statement = """
            SELECT id, uuid_text(uuid) AS uuid, status, name FROM workflows WHERE uuid BETWEEN ? AND ?
            ORDER BY id DESC LIMIT \(Self.candidatesShown + 1)
            """
        let rows = try await collector.rows(.sql(text: statement, parameters: [.blob(low), .blob(high)]))
        var lines = rows.prefix(Self.candidatesShown).map { row in
            "  \(row.integer("id") ?? 0)  \(row.text("uuid") ?? "")  \(row.text("status") ?? "")  "
                + TerminalText.shown(row.text("name") ?? "")
        }
        if rows.count > Self.candidatesShown { lines.append("  … and more; 'tracewire workflows' lists them") }
        return CommandFailure(
            .failed,
            "the UUIDs of several runs begin with '\(text)' (invalid_argument); name one of them by its number:\n"
                + lines.joined(separator: "\n"), code: .invalidArgument)
    }

    /// The first or the last UUID that begins as the text does; `nil` if none does.
    private func bytes(filledWith digit: Character) -> [UInt8]? {
        let digits = Array(text.filter { $0 != "-" })
        guard 1...32 ~= digits.count else { return nil }
        let whole = digits + Array(repeating: digit, count: 32 - digits.count)
        let bytes = stride(from: 0, to: 32, by: 2).compactMap { UInt8(String(whole[$0...$0 + 1]), radix: 16) }
        return bytes.count == 16 ? bytes : nil
    }
}
