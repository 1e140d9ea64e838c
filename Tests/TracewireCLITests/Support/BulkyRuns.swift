import Foundation

/// Runs whose outputs compress little and lie in segments. Each is a start, a call and an end.
struct BulkyRuns {
    /// Of the first run; the others have the numbers after it.
    let first: Int
    let count: Int
    /// When they began, in milliseconds since 1970.
    var atMs = 1_770_000_000_000
    var outputBytes = 8_000

    /// Three lines a run.
    var lines: [String] { (first..<first + count).flatMap(run) }

    private func run(_ number: Int) -> [String] {
        let workflow = identity("a", number)
        let at = atMs + number
        return [
            #"{"event":"workflow.start","workflow":"\#(workflow)","name":"bulky","at_ms":\#(at)}"#,
            #"{"event":"generation","generation":"\#(identity("b", number))","workflow":"\#(workflow)","#
                + #""model_name":"gpt-4o","output":"\#(output(number))","at_ms":\#(at)}"#,
            #"{"event":"workflow.end","workflow":"\#(workflow)","status":"completed","at_ms":\#(at)}"#,
        ]
    }

    private func identity(_ kind: String, _ number: Int) -> String {
        let digits = String(number, radix: 16)
        return "0199c8aa-0000-7000-8\(kind)00-" + String(repeating: "0", count: 12 - digits.count) + digits
    }

    /// Letters from a linear congruential generator, the same for the same number.
    private func output(_ number: Int) -> String {
        let letters = Array("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_".utf8)
        var state = UInt64(number + 1) &* 2_862_933_555_777_941_757
        let bytes = (0..<outputBytes).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return letters[Int(state >> 58)]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension [String] {
    /// As a file of events.
    var text: String { joined(separator: "\n") + "\n" }
}
