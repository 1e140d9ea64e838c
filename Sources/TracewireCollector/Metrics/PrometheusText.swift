internal import TracewireProtocol

/// Figures in Prometheus' text format 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format).
struct PrometheusText {
    static let mediaType = "text/plain; version=0.0.4; charset=utf-8"
    private static let prefix = "tracewire_"

    private(set) var text = ""
    private var lastFamily: String?

    /// What is known of a project beside the standard one.
    struct Project {
        let name: String
        let values: [String: Value]
        let hasCounts: Bool
    }

    /// What there is of ``StatusFigure/all`` in `values`. A figure that is absent or NULL has no line, unless that says that
    /// nothing fails.
    ///
    /// - Parameters:
    ///   - values: of the collector and its standard project.
    ///   - hasCounts: whether the database could be read, and the store's counts are among `values`.
    ///   - projects: the others, whose lines have a label with their name.
    init(_ values: [String: Value], hasCounts: Bool, projects: [Project] = []) {
        for figure in StatusFigure.all {
            append(figure, values[figure.name] ?? .null)
            guard figure.isOfProject else { continue }
            for project in projects { append(figure, project.values[figure.name] ?? .null, of: project) }
        }
        appendInfo(values)
        let help = "Whether the database could be read for this scrape; what it counts is absent otherwise."
        append("database_readable", "gauge", help, value: hasCounts ? "1" : "0")
        for project in projects {
            append("database_readable", "gauge", help, labels: project.labels, value: project.hasCounts ? "1" : "0")
        }
    }

    private mutating func append(_ figure: StatusFigure, _ value: Value, of project: Project? = nil) {
        let labels = project?.labels ?? []
        switch figure.exposition {
        case .none, .info: break
        case .counter(let name, let unit):
            guard let number = Self.number(value, unit) else { return }
            append(name + unit.suffix + "_total", "counter", figure.help, labels: labels, value: number)
        case .gauge(let name, let unit, let label):
            guard let number = Self.number(value, unit) else { return }
            append(
                name + unit.suffix, "gauge", figure.help,
                labels: (label.map { [($0.name, $0.value)] } ?? []) + labels, value: number)
        case .failing(let name):
            append(name, "gauge", figure.help, labels: labels, value: value == .null ? "0" : "1")
        }
    }

    private mutating func appendInfo(_ values: [String: Value]) {
        var labels: [(String, String)] = []
        var help = ""
        for figure in StatusFigure.all {
            guard case .info(let label) = figure.exposition, let value = values[figure.name] else { continue }
            help = figure.help
            switch value {
            case .text(let text): labels.append((label, text))
            case .integer(let number): labels.append((label, String(number)))
            default: break
            }
        }
        guard !labels.isEmpty else { return }
        append(StatusFigure.infoName, "gauge", help, labels: labels, value: "1")
    }

    /// Lines of one family stand together, below one `HELP` and one `TYPE`.
    private mutating func append(
        _ name: String, _ type: String, _ help: String, labels: [(String, String)] = [], value: String
    ) {
        let family = Self.prefix + name
        if family != lastFamily {
            text += "# HELP \(family) \(Self.escaped(help))\n# TYPE \(family) \(type)\n"
            lastFamily = family
        }
        let pairs = labels.map { "\($0.0)=\"\(Self.escaped($0.1, quotes: true))\"" }.joined(separator: ",")
        text += family + (pairs.isEmpty ? "" : "{\(pairs)}") + " \(value)\n"
    }

    private static func number(_ value: Value, _ unit: StatusFigure.Unit) -> String? {
        switch (value, unit) {
        case (.integer(let number), .milliseconds): (Double(number) / 1000).description
        case (.integer(let number), _): String(number)
        case (.real(let number), _): number.description
        default: nil
        }
    }

    private static func escaped(_ text: String, quotes: Bool = false) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}

extension PrometheusText.Project {
    fileprivate var labels: [(String, String)] { [("project", name)] }
}
