import Foundation
import TracewireProtocol

/// What a message says, field by field: the common ground of Google's protobuf, the vectors' JSON and Tracewire's codec.
///
/// Values are compared as bytes, because strings that look alike are equal in Swift.
struct Meaning: Equatable {
    private(set) var fields: [String: [UInt8]] = [:]

    mutating func text(_ path: String, _ value: String?) {
        if let value { fields[path] = Array(value.utf8) }
    }

    /// A number with explicit presence.
    mutating func number(_ path: String, _ value: (some BinaryInteger)?) {
        if let value { fields[path] = Array("\(value)".utf8) }
    }

    /// A number of which 0 means absence, as in proto3's plain fields.
    mutating func plain(_ path: String, _ value: some BinaryInteger) {
        if value != 0 { number(path, value) }
    }

    /// A text of which emptiness means absence.
    mutating func plain(_ path: String, _ value: String) {
        if !value.isEmpty { text(path, value) }
    }

    mutating func double(_ path: String, _ value: Double?) {
        guard let value else { return }
        if value.isFinite {
            text(path, "bits \(value.bitPattern)")
        } else {
            text(path, value.isNaN ? "NaN" : value > 0 ? "Infinity" : "-Infinity")
        }
    }

    mutating func bytes(_ path: String, _ value: [UInt8]) {
        text(path, value.hexadecimal)
    }

    mutating func identifier(_ path: String, _ value: Identifier) {
        if value != .zero { text(path, value.description.replacing("-", with: "")) }
    }

    /// A submessage, which is there even if it says nothing.
    mutating func object(_ path: String) {
        text(path, "{}")
    }

    /// All that `other` says, of a part of this message.
    mutating func add(_ other: Meaning, under path: String) {
        object(path)
        for (key, value) in other.fields { fields["\(path).\(key)"] = value }
    }

    /// The paths at which the two differ.
    func differences(from other: Meaning) -> [String] {
        Set(fields.keys).union(other.fields.keys).filter { fields[$0] != other.fields[$0] }.sorted()
    }
}

extension Meaning {
    /// What a tree of plain JSON says, as `protocol/vectors/README.md` maps it.
    init(_ json: NeutralJSON) {
        add(json, at: "")
    }

    private mutating func add(_ json: NeutralJSON, at path: String) {
        let prefix = path.isEmpty ? "" : path + "."
        switch json {
        case .text(let value): text(path, value)
        case .number(let value): double(path, value)
        case .boolean(let value): text(path, "\(value)")
        case .list(let items):
            for (index, item) in items.enumerated() { add(item, at: "\(prefix)\(index)") }
        case .object(let members):
            if !path.isEmpty { object(path) }
            for (key, value) in members { add(value, at: prefix + key) }
        }
    }
}

/// JSON of which integers are strings, so that no reader rounds them.
enum NeutralJSON: Decodable, Equatable {
    case text(String)
    case number(Double)
    case boolean(Bool)
    case list([NeutralJSON])
    case object([String: NeutralJSON])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(Bool.self) {
            self = .boolean(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else if let value = try? container.decode([NeutralJSON].self) {
            self = .list(value)
        } else {
            self = .object(try container.decode([String: NeutralJSON].self))
        }
    }

    /// The items of a list member; none if there is no such member.
    func items(_ key: String) -> [NeutralJSON] {
        guard case .object(let members) = self, case .list(let items)? = members[key] else { return [] }
        return items
    }
}

extension [UInt8] {
    /// Two lower-case digits a byte.
    var hexadecimal: String {
        let digits = [UInt8]("0123456789abcdef".utf8)
        return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// `nil` unless `text` is pairs of hexadecimal digits.
    init?(hexadecimal text: String) {
        let nibbles = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        guard nibbles.count == text.utf8.count, nibbles.count.isMultiple(of: 2) else { return nil }
        self = stride(from: 0, to: nibbles.count, by: 2).map { UInt8(nibbles[$0] << 4 | nibbles[$0 + 1]) }
    }
}
