import Testing
import TracewireProtocol

@Suite("The status table")
struct StatusTests {
    private static let workflow: Set<[Status?]> = [
        [nil, .running], [.running, .completed], [.running, .failed], [.running, .cancelled],
    ]
    private static let node: Set<[Status?]> = [
        [nil, .pending], [nil, .running], [.pending, .running], [.pending, .skipped], [.running, .completed],
        [.running, .failed],
    ]

    @Test(
        "allows exactly the transitions of the design", arguments: [(StatusEntity.workflow, workflow), (.node, node)])
    func transitions(entity: StatusEntity, allowed: Set<[Status?]>) {
        for from in [nil] + Status.allCases.map(Optional.some) {
            for to in Status.allCases {
                #expect(
                    entity.allows(from: from, to: to) == allowed.contains([from, to]), "\(entity) \(from as Any) \(to)")
            }
        }
    }

    @Test("says what is final")
    func final() {
        #expect(Status.allCases.filter(StatusEntity.node.isFinal) == [.completed, .failed, .cancelled, .skipped])
        #expect(!StatusEntity.workflow.isFinal(.running))
    }

    @Test("says which statuses there are of what")
    func statuses() {
        #expect(StatusEntity.workflow.statuses == [.running, .completed, .failed, .cancelled])
        #expect(StatusEntity.node.statuses == [.pending, .running, .completed, .failed, .skipped])
    }

    @Test("names round-trip, and no other name is a status")
    func names() {
        for status in Status.allCases { #expect(Status(name: status.name) == status) }
        #expect(Status(name: "done") == nil)
        #expect(Status(name: "Completed") == nil)
    }
}
