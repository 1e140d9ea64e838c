import Foundation
import Testing
import TracewireProtocol

@testable import Tracewire

@Suite struct JSONTextEncoderTests {
    @Test func `what a synthesized type encodes is compact, in the order of its keys, and without what is nil`() throws
    {
        let stop = Stop(name: "café \"Onion\"\n", kind: .cafe, price: 4.5, note: nil, tags: ["성수", "quiet"])
        #expect(
            try JSONText(encoding: stop).text
                == #"{"name":"café \"Onion\"\n","kind":"cafe","price":4.5,"tags":["성수","quiet"]}"#)
        #expect(try JSONText(encoding: [stop, stop]).text.hasPrefix(#"[{"name":"#))
    }

    @Test func `a value at the top needs no object around it`() throws {
        #expect(try JSONText(encoding: "a\"b").text == #""a\"b""#)
        #expect(try JSONText(encoding: 7).text == "7")
        #expect(try JSONText(encoding: Kind.walk).text == #""walk""#)
        #expect(try JSONText(encoding: Int?.none).text == "null")
        #expect(try JSONText(encoding: [Int]()).text == "[]")
        #expect(try JSONText(encoding: [String: Int]()).text == "{}")
    }

    @Test func `every integer type keeps its extremes`() throws {
        #expect(try JSONText(encoding: [Int8.min, .max]).text == "[-128,127]")
        #expect(try JSONText(encoding: [Int16.min, .max]).text == "[-32768,32767]")
        #expect(try JSONText(encoding: [Int32.min, .max]).text == "[-2147483648,2147483647]")
        #expect(try JSONText(encoding: [Int64.min]).text == "[-9223372036854775808]")
        #expect(try JSONText(encoding: [Int.max]).text == "[9223372036854775807]")
        #expect(try JSONText(encoding: [UInt8.max]).text == "[255]")
        #expect(try JSONText(encoding: [UInt16.max]).text == "[65535]")
        #expect(try JSONText(encoding: [UInt32.max]).text == "[4294967295]")
        #expect(try JSONText(encoding: [UInt.max]).text == "[18446744073709551615]")
        #expect(try JSONText(encoding: ["a": UInt64.max]).text == #"{"a":18446744073709551615}"#)
        #expect(try JSONText(encoding: Int128.min).text == "-170141183460469231731687303715884105728")
        #expect(try JSONText(encoding: Wide()).text == #"{"signed":-1,"unsigned":2}"#)
        #expect(try JSONText(encoding: Narrow()).text == #"{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":1.5}"#)
        #expect(try JSONText(encoding: [UInt128.max]).text == "[340282366920938463463374607431768211455]")
    }

    @Test func `numbers are the shortest that read back the same, and always JSON`() throws {
        #expect(
            try JSONText(encoding: [0.1, 1e20, -0.0, .leastNonzeroMagnitude, 1e16]).text
                == "[0.1,1e+20,-0.0,5e-324,1e+16]")
        #expect(try JSONText(encoding: [Float(0.1), .greatestFiniteMagnitude]).text == "[0.1,3.4028235e+38]")
        #expect(try JSONText(encoding: [Double.nan, .infinity, -.infinity]).text == "[null,null,null]")
        #expect(try JSONText(encoding: Float.nan).text == "null")
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            let number = Double(bitPattern: generator.next())
            guard number.isFinite else { continue }
            let text = try JSONText(encoding: number).text
            #expect(JSONText(validating: text) != nil && Double(text) == number)
            let float = Float(bitPattern: UInt32(truncatingIfNeeded: generator.next() as UInt64))
            guard float.isFinite else { continue }
            let floatText = try JSONText(encoding: float).text
            #expect(JSONText(validating: floatText) != nil && Float(floatText) == float)
        }
    }

    @Test func `each byte is escaped as JSON wants it, wherever in a string it stands`() throws {
        for code in UInt8.min...127 {
            for place in 0..<18 {
                let text = String(repeating: "x", count: place) + String(UnicodeScalar(code)) + "성수 and more text"
                let encoded = try JSONText(encoding: text)
                #expect(encoded == JSONText.string(text))
                #expect(JSONText(validating: encoded.text) != nil)
                #expect(try JSONDecoder().decode(String.self, from: Data(encoded.text.utf8)) == text)
            }
        }
    }

    @Test func `dictionaries with text or integers as keys are objects, others are arrays of keys and values`() throws {
        #expect(try JSONText(encoding: ["a\n": 1]).text == #"{"a\n":1}"#)
        #expect(try JSONText(encoding: [-7: true]).text == #"{"-7":true}"#)
        #expect(try JSONText(encoding: [1.5: "x"]).text == #"[1.5,"x"]"#)
        #expect(try JSONText(encoding: ["a": ["b": [1: Int?.none]]]).text == #"{"a":{"b":{"1":null}}}"#)
    }

    @Test func `enums with values and optionals in arrays are as Foundation has them`() throws {
        #expect(
            try JSONText(encoding: [Event.moved(to: "x", by: 2), .ended]).text
                == #"[{"moved":{"to":"x","by":2}},{"ended":{}}]"#)
        #expect(try JSONText(encoding: [1, nil, 3]).text == "[1,null,3]")
        #expect(try JSONText(encoding: [[nil], [Kind?.some(.cafe)]]).text == #"[[null],["cafe"]]"#)
        #expect(try JSONText(encoding: Date(timeIntervalSinceReferenceDate: 0.5)).text == "0.5")
    }

    @Test func `random values are what Foundation's encoder makes of them`() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<300 {
            let value = Tree.random(depth: 5, using: &generator)
            let ours = try JSONText(encoding: value).text
            let theirs = try JSONEncoder().encode(value)
            #expect(JSONText(validating: ours) != nil)
            #expect(try parsed(Data(ours.utf8)) == parsed(theirs), "\(ours)")
        }
    }

    private func parsed(_ json: Data) throws -> NSObject? {
        try JSONSerialization.jsonObject(with: json, options: .fragmentsAllowed) as? NSObject
    }
}

// MARK: - What is encoded

private enum Kind: String, Encodable {
    case cafe, walk
}

private struct Stop: Encodable {
    var name: String
    var kind: Kind
    var price: Double
    var note: String?
    var tags: [String]
}

private struct Wide: Encodable {
    var signed: Int128 = -1
    var unsigned: UInt128 = 2
}

private struct Narrow: Encodable {
    var a: Int8 = 1
    var b: Int16 = 2
    var c: Int32 = 3
    var d: Int64 = 4
    var e: UInt8 = 5
    var f: UInt16 = 6
    var g: UInt32 = 7
    var h: UInt64 = 8
    var i: Float = 1.5
}

private enum Event: Encodable {
    case moved(to: String, by: Int)
    case ended
}

/// Any JSON, in the ways in which types encode it.
private enum Tree: Encodable {
    case null
    case text(String)
    case integer(Int64)
    case small(Int8)
    case number(Double)
    case boolean(Bool)
    case array([Tree])
    case object([String: Tree])
    case numbered([Int: Tree?])
    case members([(String, Tree)])

    func encode(to encoder: any Encoder) throws {
        if case .members(let members) = self {
            var container = encoder.container(keyedBy: AnyKey.self)
            for (key, value) in members { try container.encode(value, forKey: AnyKey(stringValue: key)) }
            return
        }
        var container = encoder.singleValueContainer()
        switch self {
        case .null, .members: try container.encodeNil()
        case .text(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .small(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .boolean(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        case .numbered(let value): try container.encode(value)
        }
    }

    static func random(depth: Int, using generator: inout SystemRandomNumberGenerator) -> Tree {
        let children = (0..<Int.random(in: 0..<5, using: &generator)).map { _ in
            depth > 0 ? random(depth: depth - 1, using: &generator) : .null
        }
        let names = children.map { _ in randomText(using: &generator) }
        switch Int.random(in: depth > 2 ? 6..<10 : 0..<10, using: &generator) {
        case 0: return .null
        case 1: return .text(randomText(using: &generator))
        case 2: return .integer(Int64.random(in: -1_000_000...1_000_000, using: &generator))
        case 3: return .small(Int8.random(in: .min ... .max, using: &generator))
        case 4: return .number(Double.random(in: -1e9...1e9, using: &generator))
        case 5: return .boolean(Bool.random(using: &generator))
        case 6: return .array(children)
        case 7: return .object(Dictionary(zip(names, children), uniquingKeysWith: { $1 }))
        case 8: return .numbered(Dictionary(uniqueKeysWithValues: children.enumerated().map { ($0, $1) }))
        default: return .members(Array(zip(names, children)))
        }
    }

    private static func randomText(using generator: inout SystemRandomNumberGenerator) -> String {
        let letters = Array("ab\"\\/\n\u{0}\u{1F}\u{7F}é성수🎈\u{2028}")
        let length = Int.random(in: 0..<12, using: &generator)
        return String((0..<length).map { _ in letters.randomElement(using: &generator) ?? "x" })
    }
}

struct AnyKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(stringValue: String) {
        self.stringValue = stringValue
        intValue = nil
    }

    init(intValue: Int) {
        stringValue = String(intValue)
        self.intValue = intValue
    }
}

extension AnyKey: ExpressibleByStringLiteral {
    init(stringLiteral value: String) { self.init(stringValue: value) }
}
