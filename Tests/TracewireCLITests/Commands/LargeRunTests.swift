import Foundation
import Testing

/// Runs that are larger than one answer, or than anybody wants to read at once.
@Suite("A large run", .timeLimit(.minutes(5)))
struct LargeRunTests {
    private static let workflow = "0199c8aa-0000-7000-8000-0000000000aa"

    private static func identity(_ kind: String, _ number: Int) -> String {
        let digits = String(number, radix: 16)
        return "0199c8aa-0000-7000-9\(kind)00-" + String(repeating: "0", count: 12 - digits.count) + digits
    }

    /// A run of so many nodes of one name, each with a state and a call of so many bytes.
    private static func lines(nodes: Int, stateBytes: Int) -> String {
        var lines = [
            #"{"event":"workflow.start","workflow":"\#(workflow)","name":"large","at_ms":1770000000000}"#
        ]
        for number in 1...nodes {
            let place = #""workflow":"\#(workflow)","node":"\#(identity("a", number))""#
            let filling = String(repeating: "\(number % 10)", count: stateBytes)
            lines.append(
                #"{"event":"node.start",\#(place),"node_name":"step","node_type":"tool","execution_order":\#(number),"#
                    + #""at_ms":\#(1_770_000_000_000 + number)}"#)
            if stateBytes > 0 {
                lines.append(
                    #"{"event":"generation","generation":"\#(identity("b", number))",\#(place),"model_name":"m","#
                        + #""output":"call \#(number) \#(filling)","at_ms":\#(1_770_000_000_000 + number)}"#)
            }
            lines.append(
                #"{"event":"node.end",\#(place),"status":"completed","state_data":{"n":\#(number),"x":"\#(filling)"},"#
                    + #""at_ms":\#(1_770_000_000_001 + number)}"#)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    @Test("is printed whole, by node, and compared, though one answer may not have it all")
    func largerThanAnAnswer() async throws {
        let nodes = 60
        let collector = try await CollectorProcess(
            directory: try TestDirectory(), environment: ["TRACEWIRE_QUERY_BYTES": "100000"])
        let input = Self.lines(nodes: nodes, stateBytes: 8_000)
        #expect(try await collector.run("import", "-", input: input).exit == 0)

        let one = try await collector.run("show", "1", "--node", "30")
        #expect(one.exit == 0, "\(one.errors)")
        #expect(one.text.contains(#""n": 30"#) && one.text.contains("call 30 0") && !one.text.contains("call 31 "))
        let call = try await collector.run("show", "1", "--generation", "7", "--format", "ndjson")
        #expect(call.exit == 0 && call.lines.count == 1 && call.text.contains(#""output":"call 7 7"#))
        let all = try await collector.run("show", "1", "--payloads")
        #expect(all.exit == 0, "\(all.errors)")
        for number in 1...nodes {
            #expect(all.text.contains("\"n\": \(number),") && all.text.contains("call \(number) "), "node \(number)")
        }
        let whole = try #require(try await collector.run("show", "1", "--format", "json").json() as? [String: Any])
        let found = try #require(whole["nodes"] as? [[String: Any]])
        #expect(found.map { ($0["state_data"] as? [String: Any])?["n"] as? Int } == Array(1...nodes))
        #expect(found.allSatisfy { ($0["generations"] as? [Any])?.count == 1 })
        let changes = try await collector.run("diff", "1", "--format", "ndjson")
        #expect(changes.exit == 0, "\(changes.errors)")
        #expect(changes.lines.count { $0.contains(#""path":"/n""#) } == nodes)
    }

    @Test("gives programs the nodes and calls that are chosen, in every format")
    func chosen() async throws {
        let collector = try await CollectorProcess(directory: try TestDirectory())
        #expect(try await collector.run("import", "-", input: Self.lines(nodes: 3, stateBytes: 5)).exit == 0)
        let array = try await collector.run("show", "1", "--node", "step", "--format", "json").rows()
        #expect(array.map { $0["execution_order"] as? Int } == [1, 2, 3])
        #expect(array.allSatisfy { ($0["generations"] as? [Any])?.count == 1 })
        #expect(try await collector.run("show", "1", "--node", "step", "--format", "ndjson").lines.count == 3)
        let table = try await collector.run("show", "1", "--node", "2", "--format", "csv")
        #expect(table.lines.map { $0.split(separator: ",")[0] } == ["kind", "node", "generation"])
        let both = try await collector.run("show", "1", "--node", "2", "--generation", "1", "--format", "json").rows()
        #expect(both.map { $0["output"] as? String } == [nil, "call 1 11111"])
        for command in [["diff", "1", "--node", "nope"], ["diff", "1", "1", "--node", "nope"]] {
            let outcome = try await collector.program.run(command)
            #expect(outcome.exit == 1 && outcome.errors.contains("no node 'nope'"))
        }
    }

    @Test("of 30,000 nodes opens while it is being written, and folds what is alike")
    func busy() async throws {
        let nodes = 30_000
        let directory = try TestDirectory()
        let collector = try await CollectorProcess(directory: directory)
        let events = try directory.write(Self.lines(nodes: nodes, stateBytes: 0), to: "events.ndjson")
        let program = collector.program
        let importing = Task { try await program.run(["import", events]) }
        var looks = 0
        while try await collector.run("sql", "SELECT count(*) AS n FROM nodes", "--format", "json").rows().first?["n"]
            as? Int
            ?? 0 < nodes
        {
            for command in [["workflows"], ["status"], ["stats", "nodes"], ["errors"], ["tail", "--limit", "3"]] {
                let outcome = try await program.run(command)
                #expect(outcome.exit == 0, "\(command): \(outcome.errors)")
            }
            looks += 1
        }
        #expect(try await importing.value.exit == 0)
        #expect(looks > 0, "nobody looked while it was written")
        let shown = try await collector.onTerminal(["show", "1"])
        #expect(shown.text.contains("⋯ \(nodes - 2) more: step"), "\(shown.text.prefix(2_000))")
        let plain = try await collector.run("show", "1")
        #expect(plain.lines.count > nodes)
    }
}
