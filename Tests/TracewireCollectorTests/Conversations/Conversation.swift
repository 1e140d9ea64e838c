import Foundation
import TracewireProtocol

/// A recorded conversation of `protocol/conversations`: what was sent, in its order, and what else happened between.
struct Conversation {
    enum Step {
        case client(connection: Int, bytes: [UInt8])
        case collector(connection: Int, RecordedFrame)
        /// One side closed the connection, or it was cut.
        case ended(connection: Int, byCollector: Bool)
        case collectorStops
    }

    struct RecordedFrame {
        let header: FrameHeader
        let body: [UInt8]
    }

    private struct Document: Decodable {
        struct Frame: Decodable {
            let from: String
            let connection: Int
            let offset: Int
            let length: Int
        }

        struct Event: Decodable {
            let behindFrames: Int
            let connection: Int?
            let event: String
        }

        let frames: [Frame]
        let events: [Event]
    }

    var steps: [Step]

    private static let directory = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "protocol/conversations")

    /// Of every version, as `VERSION/NAME`.
    static let names: [String] = {
        let files = FileManager.default.enumerator(atPath: directory.path)?.compactMap { $0 as? String } ?? []
        return files.filter { $0.contains("/") && $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
    }()

    init(_ name: String) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let document = try decoder.decode(
            Document.self, from: Data(contentsOf: Self.directory.appending(path: "\(name).json")))
        let bytes = [UInt8](try Data(contentsOf: Self.directory.appending(path: "\(name).bin")))
        var steps: [Step] = []
        var events = document.events[...]
        for (index, frame) in document.frames.enumerated() {
            steps += Self.take(&events, behind: index)
            let whole = Array(bytes[frame.offset..<frame.offset + frame.length])
            steps.append(
                frame.from == "client"
                    ? .client(connection: frame.connection, bytes: whole)
                    : .collector(connection: frame.connection, try RecordedFrame(whole)))
        }
        self.steps = steps + Self.take(&events, behind: document.frames.count)
    }

    private static func take(_ events: inout ArraySlice<Document.Event>, behind count: Int) -> [Step] {
        var steps: [Step] = []
        while let event = events.first, event.behindFrames <= count {
            events.removeFirst()
            let isCollector = event.event == "closed by collector"
            steps.append(
                event.connection.map { .ended(connection: $0, byCollector: isCollector) } ?? .collectorStops)
        }
        return steps
    }
}

extension Conversation.RecordedFrame {
    init(_ whole: [UInt8]) throws {
        var decoder = FrameDecoder(bodyLimit: Limits.frameRawBytes)
        guard let header = try decoder.next(whole.span) else { throw RawPeer.Closed() }
        self.header = header
        body = try RawPeer.inflated(Array(whole[Limits.headerBytes...]), header)
    }
}
