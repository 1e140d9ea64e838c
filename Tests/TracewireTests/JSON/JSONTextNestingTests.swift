import Foundation
import Synchronization
import Testing
import TracewireProtocol

@testable import Tracewire

extension Trait where Self == ConditionTrait {
    /// Not under AddressSanitizer, whose frames are many times larger (`make sanitize`).
    fileprivate static var plainStack: Self {
        #if AddressSanitizer
            .disabled("the frames of AddressSanitizer are many times larger")
        #else
            .enabled(if: true)
        #endif
    }
}

/// JSON in JSON, and how deep it may go.
@Suite struct JSONTextNestingTests {
    @Test func `JSON text is put in as it is, wherever it stands`() throws {
        let json = try #require(JSONText(validating: #" {"b": 1.50, "a": "\u0041"} "#))
        #expect(try JSONText(encoding: json) == json)
        #expect(try JSONText(encoding: [json, .null]).text == "[\(json.text),null]")
        #expect(try JSONText(encoding: ["k": json]).text == "{\"k\":\(json.text)}")
        #expect(try JSONText(encoding: JSONText?.some(json)) == json)
        #expect(try JSONText(encoding: Holder(json: json, other: nil)).text == "{\"json\":\(json.text)}")
        #expect(try JSONText(encoding: Custom { try json.encode(to: $0) }) == json)
    }

    @Test func `another encoder gets JSON text as a string`() throws {
        let data = try JSONEncoder().encode(["k": JSONText.array([1, 2])])
        #expect(String(decoding: data, as: UTF8.self) == #"{"k":"[1,2]"}"#)
    }

    @Test func `the nesting of JSON text is counted outside of its strings`() throws {
        for (text, nesting) in [("1", 0), (#""[[""#, 0), ("[]", 1), (#" [{"a\"[":[1]},[]] "#, 3), (#"["\\",[]]"#, 2)] {
            #expect(try #require(JSONText(validating: text)).nesting == nesting)
        }
    }

    @Test(.plainStack) func `as deep as the protocol allows is encoded, one level more is an error`() throws {
        #expect(JSONText(validating: try JSONText(encoding: Deep(levels: Limits.jsonDepth)).text) != nil)
        #expect(throws: EncodingError.self) { try JSONText(encoding: Deep(levels: Limits.jsonDepth + 1)) }
        let deepest = try JSONText(encoding: Deep(levels: Limits.jsonDepth - 1))
        #expect(try JSONText(encoding: [deepest]).text == "[\(deepest.text)]")
        #expect(throws: EncodingError.self) { try JSONText(encoding: [[deepest]]) }
    }

    @Test(.plainStack) func `what is left empty at the deepest place counts as a level`() throws {
        let nothing = Custom { _ in }
        let lateSuper = Custom { encoder in
            var list = encoder.unkeyedContainer()
            _ = list.superEncoder()
        }
        #expect(JSONText(validating: try JSONText(encoding: Deep(levels: 511, leaf: nothing)).text) != nil)
        #expect(throws: EncodingError.self) { try JSONText(encoding: Deep(levels: 512, leaf: nothing)) }
        #expect(JSONText(validating: try JSONText(encoding: Deep(levels: 510, leaf: lateSuper)).text) != nil)
        #expect(throws: EncodingError.self) { try JSONText(encoding: Deep(levels: 511, leaf: lateSuper)) }
    }

    @Test(.plainStack) func `nested containers count as levels too, and their error says where`() throws {
        let nested = Custom { encoder in
            var list = encoder.unkeyedContainer()
            for _ in 0...Limits.jsonDepth { list = list.nestedUnkeyedContainer() }
        }
        let error = #expect(throws: EncodingError.self) { try JSONText(encoding: nested) }
        guard case .invalidValue(_, let context)? = error else {
            Issue.record("not that it is invalid: \(String(describing: error))")
            return
        }
        #expect(context.codingPath.count == Limits.jsonDepth)
    }

    @Test(.plainStack) func `what refers to itself is an error, on a small stack too`() throws {
        let results = onSmallStack {
            let ways: [Ring.Way] = [.member, .element, .itself]
            return ways.map { way in Self.failure { try JSONText(encoding: Ring(encodesAs: way)) } }
        }
        #expect(results == [true, true, true])
    }

    @Test(.plainStack) func `what is too deep for a small stack is an error there, and none on a large one`() throws {
        let choices = Choice(levels: Limits.jsonDepth - 1)
        // What fits depends on how large the compiler makes the frames; that this returns is what counts.
        _ = onSmallStack { [Self.failure { try JSONText(encoding: Choice(levels: Limits.jsonDepth - 1)) }] }
        #expect(JSONText(validating: try JSONText(encoding: choices).text) != nil)
    }

    private static func failure(_ body: () throws -> JSONText) -> Bool {
        do {
            _ = try body()
            return false
        } catch {
            return error is EncodingError
        }
    }

    /// Runs `body` on a thread with 512 KiB of stack: what secondary threads have on other systems.
    private func onSmallStack(_ body: @escaping @Sendable () -> [Bool]) -> [Bool] {
        let results = Results()
        let isDone = DispatchSemaphore(value: 0)
        let thread = Thread {
            results.values.withLock { $0 = body() }
            isDone.signal()
        }
        thread.stackSize = 512 << 10
        thread.start()
        isDone.wait()
        return results.values.withLock { $0 }
    }
}

private final class Results: Sendable {
    let values = Mutex<[Bool]>([])
}

// MARK: - What is encoded

private struct Holder: Encodable {
    var json: JSONText
    var other: JSONText?
}

/// Arrays within arrays, and in the innermost a leaf if there is one.
private struct Deep: Encodable {
    let levels: Int
    var leaf: Custom?

    func encode(to encoder: any Encoder) throws {
        guard levels > 0 else { return try leaf?.encode(to: encoder) ?? () }
        var container = encoder.unkeyedContainer()
        if levels > 1 || leaf != nil { try container.encode(Deep(levels: levels - 1, leaf: leaf)) }
    }
}

/// Hands over to a dictionary at its own place, as an enum of all JSON does: two calls a level.
private struct Choice: Encodable {
    let levels: Int

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if levels > 0 { try container.encode(["k": Choice(levels: levels - 1)]) } else { try container.encode("leaf") }
    }
}

/// Encodes itself within itself.
private final class Ring: Encodable {
    enum Way {
        case member, element, itself
    }

    let way: Way

    init(encodesAs way: Way) {
        self.way = way
    }

    func encode(to encoder: any Encoder) throws {
        switch way {
        case .member:
            var container = encoder.container(keyedBy: AnyKey.self)
            try container.encode("x", forKey: "text")
            try container.encodeIfPresent(self, forKey: "self")
        case .element:
            var container = encoder.singleValueContainer()
            try container.encode(["self": [self]])
        case .itself:
            var container = encoder.singleValueContainer()
            try container.encode(self)
        }
    }
}
