internal import Tracewire
internal import TracewireProtocol

/// What came of an import.
struct ImportResult {
    private static let rejectionsShown = 20

    let progress: Importer.Progress
    let report: DeliveryReport
    let ending: ImportSession.Ending
    let elapsed: Duration

    /// `nil` if all is well. What has no answer weighs more than what was rejected: it has to be imported again.
    var exit: Exit? {
        if !progress.isComplete || report.unknown > 0 || report.shed > 0 { return .failed }
        return report.rejected + report.oversized + progress.unreadable > 0 ? .rejected : nil
    }

    func write(to output: Output, format: OutputFormat) throws {
        if format == .table { return try writeText(to: output) }
        var rows = format.output(to: output, view: .everything)
        try rows.begin(AnswerColumns(row.map { Column(name: $0.name, declaredType: $0.type) }))
        try rows.row(row.map(\.value))
        try rows.end()
    }

    // MARK: For people

    private func writeText(to output: Output) throws {
        var counts = ["\(report.committed) committed", "\(report.rejected) rejected", "\(report.parked) parked"]
        if progress.unreadable > 0 { counts.append("\(Self.lines(progress.unreadable)) unreadable and not sent") }
        if report.oversized > 0 { counts.append("\(report.oversized) larger than this collector takes and not sent") }
        if report.unknown > 0 { counts.append("\(report.unknown) without an answer yet") }
        if report.shed > 0 { counts.append("\(report.shed) lost: there was no room for them") }
        try output.line(counts.joined(separator: ", ") + " · " + rate)
        for line in remarks { Diagnostics.note(line) }
    }

    private var rate: String {
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
        let bytesPerSecond = seconds > 0 ? Int64(clamping: Double(progress.bytes) / seconds) : 0
        let milliseconds = Int64(clamping: seconds * 1000)
        return
            "\(Self.lines(progress.lines)) in \(Moment.Span.shown(milliseconds)), \(ByteCount.shown(bytesPerSecond))/s"
    }

    private static func lines(_ count: Int) -> String { Plural.of(count, "line") }

    private var remarks: [String] {
        var remarks = progress.faults.map { "line \($0.line): \($0.fault)" }
        let unreadable = progress.unreadable - remarks.count
        if unreadable > 0 { remarks.append("… and \(Plural.of(unreadable, "more line")) unreadable") }
        let rejections = report.rejections.prefix(Self.rejectionsShown)
        remarks += rejections.map { rejection in
            let kind = rejection.kind?.rawValue ?? "record"
            let message = rejection.verdict.message
            // Most sentences say themselves what they are about.
            let identity = message.contains(rejection.identity) ? "" : " \(rejection.identity)"
            return "\(kind)\(identity): \(message) (\(rejection.verdict.code))"
        }
        let unnamed = report.rejected - rejections.count { $0.isKeptByCollector }
        if unnamed > 0 {
            remarks.append("… and \(unnamed) more; 'tracewire rejected' lists them")
        }
        remarks += progress.ignoredKeys.sorted { $0.key < $1.key }.prefix(Self.rejectionsShown).map { key, count in
            "the key '\(key)' was passed over \(Plural.of(count, "time")): its event has no such key"
        }
        if report.parked > 0 {
            remarks.append(
                "\(Plural.of(report.parked, "record")) wait for what they name and nobody has recorded, such as a user; "
                    + "'tracewire rejected list --parked' says what")
        }
        if report.committedUnseen > 0 {
            remarks.append(
                "a connection was lost with the answers to \(Plural.of(report.committedUnseen, "committed event")); "
                    + "'tracewire rejected' lists any that were rejected")
        }
        return remarks + trouble
    }

    private var trouble: [String] {
        switch ending {
        case .finished, .refused: report.error.map { [$0] } ?? []
        case .interrupted: ["interrupted: not everything was read or answered; importing the file again is safe"]
        case .stalled:
            ["the collector answers no more\(report.error.map { ": \($0)" } ?? ""); importing the file again is safe"]
        }
    }

    // MARK: For programs

    private var row: [(name: String, type: String, value: Value)] {
        let counts: [(String, Int)] = [
            ("lines", progress.lines), ("committed", report.committed), ("rejected", report.rejected),
            ("parked", report.parked), ("unreadable", progress.unreadable), ("unknown", report.unknown),
            ("shed", report.shed), ("oversized", report.oversized),
        ]
        return counts.map { ($0.0, "INTEGER", .integer(Int64($0.1))) } + [
            ("complete", "JSON", .text(progress.isComplete ? "true" : "false")), ("rejections", "JSON", rejections),
            ("unreadable_lines", "JSON", unreadableLines),
        ]
    }

    /// The first rejections as a JSON array of objects with `event`, `identity`, `code` and `message`.
    private var rejections: Value {
        let objects = report.rejections.prefix(Self.rejectionsShown).map { rejection in
            Self.object([
                "event": rejection.kind?.rawValue ?? "", "identity": rejection.identity,
                "code": "\(rejection.verdict.code)", "message": rejection.verdict.message,
            ])
        }
        return .text("[" + objects.joined(separator: ",") + "]")
    }

    /// The first lines that were not sent as a JSON array of objects with `line`, `code` and `message`.
    private var unreadableLines: Value {
        let objects = progress.faults.map { fault in
            Self.object(["code": "\(fault.fault.code)", "message": fault.fault.message], line: fault.line)
        }
        return .text("[" + objects.joined(separator: ",") + "]")
    }

    private static func object(_ texts: KeyValuePairs<String, String>, line: Int? = nil) -> String {
        let members = texts.map { "\"\($0.key)\":\(JSONText.string($0.value).text)" }
        return "{" + ((line.map { ["\"line\":\($0)"] } ?? []) + members).joined(separator: ",") + "}"
    }
}
