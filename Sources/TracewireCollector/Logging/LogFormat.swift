internal import Logging
internal import TracewireProtocol

/// How a line of the log is written.
public enum LogFormat: String, CaseIterable, Sendable {
    /// For people: time, level, message, and what belongs to it as `name=value`.
    case text
    /// For programs: an object with `time`, `level`, `message` and `metadata`.
    case json
}

extension LogFormat {
    /// One line, without its line feed, that says something beside the log: for people as it is, for programs as a line of the log.
    public func line(_ message: String) -> String {
        switch self {
        case .text: message
        case .json: LogLine(self, atMs: WallClock.nowMs(), level: .notice, message: message, metadata: [:]).text
        }
    }
}
