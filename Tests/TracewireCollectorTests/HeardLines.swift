import Logging
import NIOConcurrencyHelpers

/// What a collector logs, as lines: level, message, and the metadata in the order of its keys.
final class HeardLines: Sendable {
    private let heard = NIOLockedValueBox<[String]>([])

    var lines: [String] { heard.withLockedValue { $0 } }

    var logger: Logger { Logger(label: "c") { _ in Handler(heard: heard) } }

    private struct Handler: LogHandler {
        let heard: NIOLockedValueBox<[String]>
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        func log(event: LogEvent) {
            let all = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
            let line = "\(event.level) \(event.message)" + all.map { " \($0.key)=\($0.value)" }.joined()
            heard.withLockedValue { $0.append(line) }
        }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
    }
}
