import Foundation
import Testing
import TracewireProtocol

@testable import Tracewire

/// What containers promise however they are used.
@Suite struct JSONTextContainerTests {
    @Test func `containers may be written in turns`() throws {
        let text = try encoded { encoder in
            var outer = encoder.container(keyedBy: AnyKey.self)
            var list = outer.nestedUnkeyedContainer(forKey: "list")
            var object = outer.nestedContainer(keyedBy: AnyKey.self, forKey: "object")
            try list.encode(1)
            try outer.encode("late", forKey: "text")
            try object.encode(2, forKey: "a")
            var inner = list.nestedContainer(keyedBy: AnyKey.self)
            try list.encode(["x": 3])
            try inner.encode(4, forKey: "b")
            try object.encodeNil(forKey: "c")
            try list.encodeNil()
        }
        #expect(text == #"{"list":[1,{"b":4},{"x":3},null],"object":{"a":2,"c":null},"text":"late"}"#)
    }

    @Test func `containers written in any order are what Foundation's encoder makes of them`() throws {
        for seed in 1...300 as ClosedRange<UInt64> {
            let ours = try encoded { try scribble(to: $0, seed: seed) }
            let theirs = try JSONEncoder().encode(Custom { try scribble(to: $0, seed: seed) })
            #expect(
                try JSONSerialization.jsonObject(with: Data(ours.utf8)) as? NSDictionary
                    == JSONSerialization.jsonObject(with: theirs) as? NSDictionary, "seed \(seed): \(ours)")
        }
    }

    @Test func `a super encoder may be used late, twice, or never`() throws {
        let text = try encoded { encoder in
            var outer = encoder.container(keyedBy: AnyKey.self)
            let late = outer.superEncoder()
            let named = outer.superEncoder(forKey: "named")
            _ = outer.superEncoder(forKey: "unused")
            try outer.encode(true, forKey: "own")
            var list = named.unkeyedContainer()
            let element = list.superEncoder()
            try list.encode(1)
            try [2: "x"].encode(to: element)
            var object = late.container(keyedBy: AnyKey.self)
            try object.encode(3, forKey: "a")
            var again = late.container(keyedBy: AnyKey.self)
            try again.encode(4, forKey: "b")
        }
        #expect(text == #"{"super":{"a":3,"b":4},"named":[{"2":"x"},1],"unused":{},"own":true}"#)
    }

    @Test func `a class and its superclass share the container that both ask for`() throws {
        #expect(try JSONText(encoding: Derived()).text == #"{"id":1,"info":{"base":true,"derived":true},"name":"x"}"#)
    }

    @Test func `the last value of a key counts, where the first one stood`() throws {
        for others in [0, 1, 40] {
            let text = try encoded { encoder in
                var container = encoder.container(keyedBy: AnyKey.self)
                try container.encode([1], forKey: "a\n")
                for index in 0..<others { try container.encode(index, forKey: AnyKey(stringValue: "k\(index)")) }
                try container.encode(2, forKey: "a\n")
                try container.encode(["x": 3], forKey: "a\n")
            }
            #expect(text.hasPrefix(#"{"a\n":{"x":3}"#))
            #expect(text.split(separator: ",").count == others + 1)
            #expect(JSONText(validating: text) != nil)
        }
    }

    @Test func `the coding path leads to each container and encoder`() throws {
        _ = try encoded { encoder in
            #expect(path(encoder.codingPath) == "")
            var outer = encoder.container(keyedBy: AnyKey.self)
            #expect(path(outer.codingPath) == "")
            var list = outer.nestedUnkeyedContainer(forKey: "list")
            #expect(path(list.codingPath) == "list")
            try list.encode(1)
            #expect(list.count == 1)
            #expect(path(list.nestedContainer(keyedBy: AnyKey.self).codingPath) == "list/Index 1")
            #expect(path(list.superEncoder().codingPath) == "list/Index 2")
            try list.encode(
                Custom { element in
                    #expect(path(element.codingPath) == "list/Index 3")
                    #expect(element.codingPath.last?.intValue == 3)
                    #expect(element.userInfo.isEmpty)
                    #expect(path(element.singleValueContainer().codingPath) == "list/Index 3")
                    #expect(path(element.unkeyedContainer().codingPath) == "list/Index 3")
                })
            #expect(list.count == 4)
            let object = outer.nestedContainer(keyedBy: AnyKey.self, forKey: "object")
            #expect(path(object.codingPath) == "object")
            #expect(path(outer.superEncoder().codingPath) == "super")
            #expect(path(outer.superEncoder(forKey: "s").container(keyedBy: AnyKey.self).codingPath) == "s")
            try outer.encode(["k": [Custom { #expect(path($0.codingPath) == "map/k/Index 0") }]], forKey: "map")
        }
    }

    @Test func `a value whose encoding fails leaves nothing behind`() throws {
        struct Failure: Error {}
        let bad = Custom { encoder in
            var list = encoder.unkeyedContainer()
            try list.encode(1)
            throw Failure()
        }
        let text = try encoded { encoder in
            var outer = encoder.container(keyedBy: AnyKey.self)
            try outer.encode("kept", forKey: "a")
            #expect(throws: Failure.self) { try outer.encode(bad, forKey: "a") }
            #expect(throws: Failure.self) { try outer.encode(bad, forKey: "b") }
            var list = outer.nestedUnkeyedContainer(forKey: "list")
            #expect(throws: Failure.self) { try list.encode(bad) }
            #expect(list.count == 0)
            try outer.encode(
                Custom { encoder in
                    var single = encoder.singleValueContainer()
                    #expect(throws: Failure.self) { try single.encode(bad) }
                    try single.encode("instead")
                }, forKey: "c")
        }
        #expect(text == #"{"a":"kept","list":[],"c":"instead"}"#)
        #expect(throws: Failure.self) { try JSONText(encoding: ["a": bad]) }
    }

    @Test func `what encodes nothing is an empty object, but nothing at the top`() throws {
        let nothing = Custom { _ in }
        #expect(try JSONText(encoding: [nothing]).text == "[{}]")
        #expect(try JSONText(encoding: ["a": nothing]).text == #"{"a":{}}"#)
        #expect(throws: EncodingError.self) { try JSONText(encoding: nothing) }
        #expect(throws: EncodingError.self) { try JSONText(encoding: Custom { _ = $0.singleValueContainer() }) }
        #expect(try JSONText(encoding: Custom { _ = $0.unkeyedContainer() }).text == "[]")
    }

    @Test func `two values in one place are an error, not a crash`() throws {
        let twoContainers = Custom { encoder in
            _ = encoder.unkeyedContainer()
            var object = encoder.container(keyedBy: AnyKey.self)
            #expect(throws: EncodingError.self) { try object.encode(1, forKey: "a") }
        }
        #expect(throws: EncodingError.self) { try JSONText(encoding: twoContainers) }
        #expect(throws: EncodingError.self) { try JSONText(encoding: ["a": [twoContainers]]) }
        #expect(throws: EncodingError.self) {
            try encoded { encoder in
                var single = encoder.singleValueContainer()
                try single.encode(1)
                try single.encode("x")
            }
        }
        #expect(throws: EncodingError.self) {
            try encoded { encoder in
                _ = encoder.unkeyedContainer()
                var single = encoder.singleValueContainer()
                try single.encodeNil()
            }
        }
    }
}

// MARK: - What is encoded

/// Encodes what it is told to.
struct Custom: Encodable {
    let encodeTo: (any Encoder) throws -> Void

    init(_ encodeTo: @escaping (any Encoder) throws -> Void) {
        self.encodeTo = encodeTo
    }

    func encode(to encoder: any Encoder) throws { try encodeTo(encoder) }
}

/// Opens containers, and writes to any of those that are open.
private func scribble(to encoder: any Encoder, seed: UInt64) throws {
    var state = seed
    func random(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % bound
    }
    var objects = [encoder.container(keyedBy: AnyKey.self)]
    var arrays: [any UnkeyedEncodingContainer] = []
    var encoders: [any Encoder] = []
    for step in 0..<60 {
        let object = random(objects.count)
        let key = AnyKey(stringValue: "k\(step)")
        switch random(arrays.isEmpty ? 6 : 11) {
        case 0: try objects[object].encode(step, forKey: key)
        case 1: try objects[object].encode(["x": [step]], forKey: key)
        case 2: objects.append(objects[object].nestedContainer(keyedBy: AnyKey.self, forKey: key))
        case 3: arrays.append(objects[object].nestedUnkeyedContainer(forKey: key))
        case 4: encoders.append(objects[object].superEncoder(forKey: key))
        case 5: if let late = encoders.popLast() { objects.append(late.container(keyedBy: AnyKey.self)) }
        case 6: try arrays[random(arrays.count)].encode("s\(step)")
        case 7: objects.append(arrays[random(arrays.count)].nestedContainer(keyedBy: AnyKey.self))
        case 8: arrays.append(arrays[random(arrays.count)].nestedUnkeyedContainer())
        // At once: what several such encoders of an array encode late, Foundation puts in the order of their release.
        case 9: try ["y": step].encode(to: arrays[random(arrays.count)].superEncoder())
        default: if let late = encoders.popLast() { arrays.append(late.unkeyedContainer()) }
        }
    }
}

@discardableResult
private func encoded(_ encodeTo: @escaping (any Encoder) throws -> Void) throws -> String {
    let text = try JSONText(encoding: Custom(encodeTo)).text
    #expect(JSONText(validating: text) != nil)
    return text
}

private func path(_ path: [any CodingKey]) -> String {
    path.map(\.stringValue).joined(separator: "/")
}

private class Base: Encodable {
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: AnyKey.self)
        try container.encode(1, forKey: "id")
        var info = container.nestedContainer(keyedBy: AnyKey.self, forKey: "info")
        try info.encode(true, forKey: "base")
    }
}

private final class Derived: Base {
    override func encode(to encoder: any Encoder) throws {
        try super.encode(to: encoder)
        var container = encoder.container(keyedBy: AnyKey.self)
        try container.encode("x", forKey: "name")
        var info = container.nestedContainer(keyedBy: AnyKey.self, forKey: "info")
        try info.encode(true, forKey: "derived")
    }
}
