import Testing
import TracewireProtocol

@testable import TracewireStore

/// What a reader answered, put together.
struct Answer {
    var columns: [Column] = []
    var rows: [[Value]] = []
    var bodies: [Int] = []
    var summary = Summary()

    /// The values of a column by name.
    func column(_ name: String) throws -> [Value] {
        let index = try #require(columns.firstIndex { $0.name == name }, "no column \(name) in \(columns)")
        return rows.map { $0[index] }
    }
}

extension StoreReader {
    func ask(
        _ request: Query.Request, limits: QueryLimits = QueryLimits(), control: QueryControl = QueryControl(),
        change: (inout Query) -> Void = { _ in }
    ) -> Answer {
        var query = Query(request, credit: 0)
        change(&query)
        var answer = Answer()
        answer.summary = run(query, limits: limits, control: control) {
            answer.columns = $0.columns
        } rows: { body in
            answer.bodies.append(body.count)
            answer.rows += try Rows(decoding: body.span).rows
        }
        return answer
    }

    func sql(_ text: String, _ parameters: Value..., limits: QueryLimits = QueryLimits()) -> Answer {
        ask(.sql(text: text, parameters: parameters), limits: limits)
    }

    func report(_ name: String, _ arguments: [String: Value] = [:]) -> Answer {
        ask(.report(name: name, arguments: arguments))
    }
}
