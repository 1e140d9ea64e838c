import Testing
import TracewireProtocol

@testable import TracewireCLI

@Suite("Writing events")
struct EventWritingTests {
    private static let columns = AnswerColumns(
        [
            "id", "uuid", "execution_order", "status", "pending_at", "started_at", "completed_at", "duration_ms",
            "node_name",
            "node_id", "created_at", "model_name", "output", "user_intent", "name",
        ].map { Column(name: $0, declaredType: "") })

    private func row(_ values: [String: Value]) -> AnswerRow {
        AnswerRow(Self.columns, Self.columns.columns.map { values[$0.name] ?? .null })
    }

    private func lines(_ run: RunEvents) -> [String] {
        run.lines().map { String(decoding: $0.dropLast(), as: UTF8.self) }
    }

    private func run(status: String, created: Int64 = 10, completed: Value = .null) throws -> RunEvents {
        try #require(
            RunEvents(
                row([
                    "uuid": .text("w"), "name": .text("n"), "status": .text(status), "created_at": .integer(created),
                    "completed_at": completed, "user_intent": .text("{}"),
                ])))
    }

    @Test("orders by time, then execution order, then start before generation before end, the workflow's around them")
    func order() throws {
        var run = try run(status: "completed", created: 50, completed: .integer(1))
        for (id, order) in [(1, 2), (2, 1)] as [(Int64, Int64)] {
            run.append(
                node: row([
                    "id": .integer(id), "uuid": .text("n\(order)"), "execution_order": .integer(order),
                    "status": .text("completed"), "pending_at": .integer(20), "started_at": .integer(20),
                    "completed_at": .integer(20), "duration_ms": .integer(0),
                ]))
        }
        for node in [Value.null, .integer(1), .integer(2)] {
            run.append(generation: row(["uuid": .text("g"), "node_id": node, "created_at": .integer(20)]))
        }
        let events = lines(run).map { line in
            let kind = line.split(separator: "\"")[3]
            return line.contains("\"n1\"") ? "\(kind) 1" : line.contains("\"n2\"") ? "\(kind) 2" : "\(kind)"
        }
        #expect(
            events == [
                "workflow.start", "node.pending 1", "node.start 1", "generation 1", "node.end 1", "node.pending 2",
                "node.start 2", "generation 2", "node.end 2", "generation", "workflow.end",
            ])
    }

    @Test("puts the user's intent where it was decided: at the end of a run that ended, else at its start")
    func userIntent() throws {
        let ended = lines(try run(status: "cancelled", completed: .integer(12)))
        #expect(ended[0] == #"{"event":"workflow.start","workflow":"w","name":"n","at_ms":10}"#)
        #expect(
            ended[1] == #"{"event":"workflow.end","workflow":"w","status":"cancelled","user_intent":{},"at_ms":12}"#)
        let running = lines(try run(status: "running"))
        #expect(running == [#"{"event":"workflow.start","workflow":"w","name":"n","user_intent":{},"at_ms":10}"#])
    }

    @Test("leaves out a duration that the times say, and the pending event of a node that never was")
    func nodes() throws {
        var run = try run(status: "running")
        for (id, duration) in [(1, 5), (2, 6)] as [(Int64, Int64)] {
            run.append(
                node: row([
                    "id": .integer(id), "uuid": .text("n\(id)"), "node_name": .text("x"),
                    "execution_order": .integer(id),
                    "status": .text("failed"), "started_at": .integer(20), "completed_at": .integer(25),
                    "duration_ms": .integer(duration),
                ]))
        }
        let start = #"{"event":"node.start","workflow":"w","node":"n1","node_name":"x","execution_order":1,"at_ms":20}"#
        let end = #"{"event":"node.end","workflow":"w","node":"n1","status":"failed","at_ms":25}"#
        #expect(lines(run)[1] == start)
        #expect(lines(run)[3] == end)
        #expect(lines(run)[4].hasSuffix(#""at_ms":25,"duration_ms":6}"#))
    }

    @Test("writes texts as Python does, and JSON values as they are, on one line")
    func values() {
        var line = EventLine(.user)
        line.text(.username, "\"\\/\u{8}\u{c}\n\r\t\0\u{1f}\u{7f}é가🌙\u{2028}")
        line.json(.tags, "{ \"a\":\n[1.0,\r\n\"\\u00e9\"] }")
        line.double(.temperature, 0.2)
        let written = String(decoding: line.ended(), as: UTF8.self)
        let name = #""\"\\/\b\f\n\r\t\u0000\u001f"# + "\u{7f}é가🌙\u{2028}\""
        let json = #"{ "a": [1.0,  "\u00e9"] }"#
        #expect(written == #"{"event":"user","username":\#(name),"tags":\#(json),"temperature":0.2}"# + "\n")
    }

    @Test("a rejected record whose JSON or status is none is written so that the line can be read")
    func rejected() throws {
        var end = NodeEnd<String>()
        end.status = 99
        end.stateData = "{broken"
        let line = String(decoding: EventLine.line(Record(atMs: 1, event: .nodeEnd(end))), as: UTF8.self)
        #expect(line == #"{"event":"node.end","status":99,"state_data":"{broken","at_ms":1}"# + "\n")
    }

    @Test("reads an encoded record back as a line", arguments: EventKind.allCases)
    func encoded(kind: EventKind) throws {
        let record = Record(atMs: 5, event: try Examples.event(kind))
        var writer = WireWriter()
        writer.append(record)
        #expect(EventLine.line(encoded: writer.bytes) == EventLine.line(record))
        #expect(EventLine.line(encoded: [0xff]) == nil)
    }
}
