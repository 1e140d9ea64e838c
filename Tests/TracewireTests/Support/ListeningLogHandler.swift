import Logging
import Synchronization

/// What was logged, as lines: level, message, and the metadata in the order of its keys.
final class HeardMessages: Sendable {
    let messages = Mutex<[String]>([])
}

struct ListeningLogHandler: LogHandler {
    let heard: HeardMessages
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    func log(event: LogEvent) {
        let metadata = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        heard.messages.withLock { $0.append("\(event.level) \(event.message)\(metadata)") }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }
}
