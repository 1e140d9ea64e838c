internal import TracewireProtocol

/// One figure of a collector's health: what the report `status` calls it, where it comes from, and what a scrape makes of
/// it. ``all`` is the one place where a figure is named.
struct StatusFigure: Sendable {
    enum Source: Sendable {
        /// The store's report `counts`, which has a row of that name.
        case counts
        case collector(@Sendable (CollectorFigures) -> Value)
    }

    /// What a figure is in Prometheus' text, by the words of its data model
    /// (https://prometheus.io/docs/concepts/metric_types/).
    enum Exposition: Sendable {
        /// Nothing: whoever scrapes makes it of others, a rate of a counter or a sum over a label.
        case none
        /// Goes up only, and begins anew with the process.
        case counter(_ name: String, _ unit: Unit = .none)
        case gauge(_ name: String, _ unit: Unit = .none, label: Label? = nil)
        /// 1 while there is a text, which would make a series of its own for each error, and 0 while there is none.
        case failing(_ name: String)
        /// A label of ``infoName``.
        case info(label: String)
    }

    struct Label: Sendable {
        let name: String
        let value: String
    }

    /// What a report's number counts. A scrape has it in the base unit, which its name says
    /// (https://prometheus.io/docs/practices/naming/).
    enum Unit: Sendable {
        case none
        case bytes
        case milliseconds

        var suffix: String {
            switch self {
            case .none: ""
            case .bytes: "_bytes"
            case .milliseconds: "_seconds"
            }
        }
    }

    /// Of what a figure tells, which says who may see it. The standard project's administrators see all.
    enum Subject: Sendable {
        /// Of the project that is asked, and so for whoever may ask there.
        case project
        /// Of the collector, and so of other projects.
        case collector
        /// Of the collector as everybody sees it who connects.
        case greeting
        /// Of the project that is asked; in the standard one, of all.
        case connections
        /// Of what fails in the project, with a text that may tell of the machine: for others there is only its code.
        case trouble
    }

    /// The gauge that is always 1, and whose labels are what is no number.
    static let infoName = "build_info"

    let name: String
    let source: Source
    let exposition: Exposition
    /// One sentence.
    let help: String
    private(set) var subject = Subject.project

    func about(_ subject: Subject) -> StatusFigure {
        var figure = self
        figure.subject = subject
        return figure
    }

    /// What `value` is to somebody who is not the collector's operator, and asks in `project`.
    func shown(_ value: Value, in project: ProjectName) -> Value {
        switch (subject, value) {
        case (.collector, _): .null
        case (.connections, _) where project == .standard: .null
        case (.trouble, .text(let text)): .text(String(text.prefix { $0 != ":" }))
        default: value
        }
    }

    /// Whether each project has one of its own.
    var isOfProject: Bool {
        switch subject {
        case .collector, .greeting: false
        case .project, .connections, .trouble: true
        }
    }

    static func counts(_ name: String, _ exposition: Exposition, _ help: String) -> StatusFigure {
        StatusFigure(name: name, source: .counts, exposition: exposition, help: help)
    }

    static func own(
        _ name: String, _ exposition: Exposition, _ help: String,
        _ value: @escaping @Sendable (CollectorFigures) -> Value
    ) -> StatusFigure {
        StatusFigure(name: name, source: .collector(value), exposition: exposition, help: help)
    }

    static func ownCount(
        _ name: String, _ exposition: Exposition, _ help: String, _ count: @escaping @Sendable (CollectorFigures) -> Int
    ) -> StatusFigure {
        own(name, exposition, help) { .integer(Int64(count($0))) }
    }
}

/// What a collector knows of itself at one moment.
struct CollectorFigures: Sendable {
    let name: String
    let uptimeMs: Int64
    let residentBytes: Int64
    /// Of the file system on which the database is; `nil` where the system does not say.
    let diskFreeBytes: Int64?
    let counted: CollectorCounters.Values
    let queueBytes: Int
    let creditBytesGranted: Int
    let oldestUnacknowledged: Duration?
    /// `nil` without TLS.
    let certificateExpiresMs: Int64?
    /// Why changed files for TLS are not in force; `nil` if all is well.
    let certificateFailure: String?
    /// Why a changed tokens file is not in force; `nil` if all is well.
    let tokensFailure: String?
    let retain: Duration?
    let maximumDiskBytes: Int64?
}
