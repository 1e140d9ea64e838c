import DatePlanner
import Glibc
import Tracewire

/// `plan WISH`: plans a date, prints it, and records how it came about.
@main
struct Plan {
    static func main() async {
        let wish = CommandLine.arguments.dropFirst().joined(separator: " ")
        guard !wish.isEmpty else {
            print(#"usage: plan "성수에서 전시 데이트""#)
            exit(2)
        }
        // Sends to where TRACEWIRE_CONNECT says, else to 127.0.0.1:4747.
        let client = TracewireClient()
        let run = await plan(wish, client)
        let report = await client.shutdown(timeout: .seconds(2))
        print()
        print(whereToLook(run.id, report))
        if !run.isPlanned { exit(1) }
    }

    private static func plan(_ wish: String, _ client: TracewireClient) async -> (id: Identifier, isPlanned: Bool) {
        var id = Identifier.zero
        do {
            let itinerary = try await client.withWorkflow(
                "date_course", user: "mina", userInput: wish, inputType: "text"
            ) { workflow in
                id = workflow.id
                let itinerary = try await DatePlanner().plan(wish)
                workflow.setFinalItinerary(itinerary)
                return itinerary
            }
            print(itinerary.title)
            for stop in itinerary.stops { print("  \(stop.at)  \(stop.place)") }
            return (id, true)
        } catch {
            print("no plan: \(error)")
            return (id, false)
        }
    }

    private static func whereToLook(_ workflow: Identifier, _ report: DeliveryReport) -> String {
        if report.isComplete, report.committed > 0 {
            return "Recorded (\(report)). Look at it with: tracewire show \(workflow)"
        }
        if report.spooled > 0 {
            return """
                No collector has taken it yet (\(report)).
                The records stay in the spool. Start a collector with 'tracewire serve': the next run delivers them,
                and so does 'tracewire forward'. Then look at it with: tracewire show \(workflow)
                """
        }
        if report.isComplete { return "Nothing was recorded: TRACEWIRE_ENABLED or TRACEWIRE_SAMPLE_RATE says so." }
        return "Not everything was recorded: \(report)"
    }
}
