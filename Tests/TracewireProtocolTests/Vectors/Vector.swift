import Foundation
import TracewireProtocol

/// A golden vector of `protocol/vectors`: the bytes of `NAME.bin`, and what `NAME.json` says of them.
struct Vector: Decodable {
    struct NamedCode: Decodable {
        let name: String
        let number: UInt32
    }

    struct ExpectedVerdict: Decodable {
        let index: Int
        let code: NamedCode
    }

    struct Frame: Decodable {
        let from: String
        let connection: Int?
        let offset: Int
        let length: Int
        let header: Header?
        let body: NeutralJSON?
        /// `false` where the body is not what a serializer would write.
        let canonical: Bool?

        var range: Range<Int> { offset..<(offset + length) }
        var isCanonical: Bool { canonical ?? true }
    }

    struct Header: Decodable {
        let version: UInt8
        let type: UInt8
        let compression: String
        let optional: Bool
        let more: Bool
        let wireLength: UInt32
        let rawLength: UInt32
        let sequence: String
        let bodyCrc32: String
    }

    let description: String
    let streamWindowLog: UInt32?
    let rule: String?
    let code: NamedCode?
    let verdicts: [ExpectedVerdict]?
    let frames: [Frame]
}

extension Vector {
    private static let vectors = Repository.root.appending(path: "protocol/vectors")
    private static let conversations = Repository.root.appending(path: "protocol/conversations")

    /// The names of the vectors of one group, `valid` or `invalid`.
    static func names(_ group: String) -> [String] {
        names(in: vectors.appending(path: group))
    }

    static func load(_ group: String, _ name: String) throws -> (vector: Vector, bytes: [UInt8]) {
        try load(vectors, "\(group)/\(name)")
    }

    /// The recorded conversations of every version, as `VERSION/NAME`.
    static let conversationNames: [String] = {
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: conversations.path)) ?? []
        return versions.sorted().flatMap { version in
            names(in: conversations.appending(path: version)).map { "\(version)/\($0)" }
        }
    }()

    static func loadConversation(_ name: String) throws -> (vector: Vector, bytes: [UInt8]) {
        try load(conversations, name)
    }

    private static func names(in directory: URL) -> [String] {
        let files = try? FileManager.default.contentsOfDirectory(atPath: directory.path)
        return (files ?? []).filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
    }

    private static func load(_ directory: URL, _ name: String) throws -> (vector: Vector, bytes: [UInt8]) {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let json = try Data(contentsOf: directory.appending(path: "\(name).json"))
        let bytes = try Data(contentsOf: directory.appending(path: "\(name).bin"))
        return (try decoder.decode(Vector.self, from: json), [UInt8](bytes))
    }
}

extension Vector.Header {
    /// The header that this describes.
    var header: FrameHeader? {
        let modes = ["none": Compression.none, "zstd-frame": .frame, "zstd-stream": .stream]
        guard let mode = modes[compression], let sequence = UInt64(sequence),
            let checksum = UInt32(bodyCrc32, radix: 16)
        else { return nil }
        var others: FrameFlags = []
        if optional { others.insert(.optional) }
        if more { others.insert(.more) }
        return FrameHeader(
            type: FrameType(rawValue: type), flags: FrameFlags(mode, others), wireLength: wireLength,
            rawLength: rawLength, sequence: sequence, bodyChecksum: checksum)
    }
}
