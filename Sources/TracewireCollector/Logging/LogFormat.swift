/// How a line of the log is written.
public enum LogFormat: String, CaseIterable, Sendable {
    /// For people: time, level, message, and what belongs to it as `name=value`.
    case text
    /// For programs: an object with `time`, `level`, `message` and `metadata`.
    case json
}
