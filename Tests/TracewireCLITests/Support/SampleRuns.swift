/// Three small runs: one that completed, one that failed in its node, one that goes on.
enum SampleRuns {
    static let completed = "0199c8aa-0000-7000-8000-000000000001"
    static let failed = "0199c8ab-0000-7000-8000-000000000002"
    static let running = "0199c8ac-0000-7000-8000-000000000003"

    /// When the first run starts, less a second, in milliseconds since 1970.
    private static let origin = 1_770_000_000_000

    static let lines = [
        line("user", #""username":"mina","email":"mina@mail.example""#, 0),
        start(completed, #","username":"mina","user_input":"성수에서 \u001b[31m전시","time_settings":{"b":1,"a":[2]}"#, 1000),
        node(completed, 1, "search", 2000),
        call(completed, 1, "gpt-4o", #""output":"좋아요","total_tokens":100"#, 2500),
        end(completed, 1, #""status":"completed","output_data":{"count":3}"#, 3000),
        line("workflow.end", #""workflow":"\#(completed)","status":"completed""#, 4000),
        start(failed, #","username":"mina""#, 5000),
        node(failed, 2, "rank", 5000),
        call(failed, 2, "solar-pro", #""error_message":"rate limit exceeded""#, 6000),
        end(
            failed, 2, #""status":"failed","error_message":"upstream 503","error_traceback":"  line 1\n  line 2""#, 7000
        ),
        line("workflow.end", #""workflow":"\#(failed)","status":"failed""#, 7000),
        start(running, "", 8000),
        node(running, 3, "search", 9000),
    ]

    static var text: String { lines.joined(separator: "\n") + "\n" }

    private static func line(_ event: String, _ members: String, _ at: Int) -> String {
        #"{"event":"\#(event)",\#(members),"at_ms":\#(origin + at)}"#
    }

    private static func start(_ workflow: String, _ more: String, _ at: Int) -> String {
        line("workflow.start", #""workflow":"\#(workflow)","name":"date_course"\#(more)"#, at)
    }

    /// What says of which node an event is.
    private static func place(_ workflow: String, _ number: Int) -> String {
        #""workflow":"\#(workflow)","node":"0199c8aa-0001-7000-9000-00000000000\#(number)""#
    }

    private static func node(_ workflow: String, _ number: Int, _ name: String, _ at: Int) -> String {
        let description = #""node_name":"\#(name)","node_type":"tool","execution_order":1"#
        return line(
            "node.start", #"\#(place(workflow, number)),\#(description),"input_data":{"n":\#(number)}"#, at)
    }

    private static func end(_ workflow: String, _ number: Int, _ result: String, _ at: Int) -> String {
        line("node.end", "\(place(workflow, number)),\(result)", at)
    }

    private static func call(
        _ workflow: String, _ number: Int, _ model: String, _ result: String, _ at: Int
    ) -> String {
        let identity = #""generation":"0199c8aa-0002-7000-9000-00000000000\#(number)""#
        return line(
            "generation",
            #"\#(identity),\#(place(workflow, number)),"model_name":"\#(model)","latency_ms":400,\#(result)"#, at)
    }
}

extension CollectorProcess {
    /// A collector that holds the sample runs.
    static func withSamples() async throws -> CollectorProcess {
        let collector = try await CollectorProcess(directory: try TestDirectory())
        let imported = try await collector.run("import", "-", input: SampleRuns.text)
        guard imported.exit == 0 else { throw SampleFailure(errors: imported.errors) }
        return collector
    }

    struct SampleFailure: Error {
        let errors: String
    }
}
