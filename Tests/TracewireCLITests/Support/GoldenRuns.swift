/// Runs that have ended, so that every look at them is the same: names and texts that are wider or narrower than they are
/// long, a node that is tried again, one that fails, and what breaks the rules.
enum GoldenRuns {
    private static let planner = "0199c8b0-0000-7000-8000-000000000011"
    private static let crash = "0199c8b1-0000-7000-8000-000000000012"
    /// When the first one starts, in milliseconds since 1970: 2026-02-02 02:40:00 UTC.
    private static let origin = 1_770_000_000_000

    static let text = (plannerLines + crashLines).joined(separator: "\n") + "\n"

    private static let plannerLines = [
        line("user", #""username":"민아 🌸","email":"mina@mail.example""#, 0),
        line(
            "workflow.start",
            #""workflow":"\#(planner)","name":"데이트 코스","username":"민아 🌸","user_input":"성수에서 전시 보고 싶어 🖼️","tags":["vip"]"#,
            1_000),
        start(planner, 1, "의도 파악", "llm", 1, 1_200), call(planner, 1, "gpt-4o", 1, 210, 1_900),
        end(planner, 1, #""status":"completed","state_data":{"area":"성수","budget":50000}"#, 2_000),
        start(planner, 2, "search_cafe", "tool", 2, 2_000),
        end(
            planner, 2,
            #""status":"failed","error_message":"upstream 503 after 870 ms","error_traceback":"Traceback:\n  a.py:1\nTimeout""#,
            2_900),
        start(planner, 3, "search_cafe", "tool", 2, 3_000),
        end(planner, 3, #""status":"completed","state_data":{"area":"성수","budget":50000,"cafes":["온화","리사르"]}"#, 3_600),
        start(planner, 4, "일정 만들기", "llm", 3, 3_600), call(planner, 4, "claude-sonnet-4", 2, 1_840, 6_000),
        end(
            planner, 4,
            #""status":"completed","state_data":{"area":"성수동","budget":45000,"cafes":["리사르","온화"],"stops":3}"#, 6_100),
        line("workflow.end", #""workflow":"\#(planner)","status":"completed""#, 6_200),
    ]

    private static let crashLines = [
        line("workflow.start", #""workflow":"\#(crash)","name":"summarize","username":"민아 🌸""#, 60_000),
        start(crash, 5, "의도 파악", "llm", 1, 60_000),
        end(crash, 5, #""status":"failed","error_message":"upstream 503 after 1,240 ms""#, 61_240),
        line("workflow.end", #""workflow":"\#(crash)","status":"failed""#, 61_300),
        // Ended already.
        line("workflow.end", #""workflow":"\#(crash)","status":"completed""#, 61_400),
    ]

    private static func line(_ event: String, _ members: String, _ at: Int) -> String {
        #"{"event":"\#(event)",\#(members),"at_ms":\#(origin + at)}"#
    }

    private static func node(_ workflow: String, _ number: Int) -> String {
        #""workflow":"\#(workflow)","node":"0199c8b0-0001-7000-9000-00000000000\#(number)""#
    }

    private static func start(
        _ workflow: String, _ number: Int, _ name: String, _ type: String, _ order: Int, _ at: Int
    ) -> String {
        let description = #""node_name":"\#(name)","node_type":"\#(type)","execution_order":\#(order)"#
        return line("node.start", "\(node(workflow, number)),\(description)", at)
    }

    private static func end(_ workflow: String, _ number: Int, _ result: String, _ at: Int) -> String {
        line("node.end", "\(node(workflow, number)),\(result)", at)
    }

    private static func call(
        _ workflow: String, _ number: Int, _ model: String, _ call: Int, _ tokens: Int, _ at: Int
    ) -> String {
        let identity = #""generation":"0199c8b0-0002-7000-9000-00000000000\#(call)""#
        let result = #""latency_ms":600,"output":"좋아요 👍","total_tokens":\#(tokens)"#
        return line("generation", #"\#(identity),\#(node(workflow, number)),"model_name":"\#(model)",\#(result)"#, at)
    }
}
