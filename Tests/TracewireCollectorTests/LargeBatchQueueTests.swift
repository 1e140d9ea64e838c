import NIOCore
import Testing

@testable import TracewireCollector

@Suite("The queue of large batches")
struct LargeBatchQueueTests {
    /// An object, because `#expect` cannot change a value.
    private final class Queue {
        var value = LargeBatchQueue()
        var now = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

        func request(
            _ connection: Int, _ sequence: UInt64 = 1, of project: String = "", _ token: String? = nil
        ) -> Bool {
            value.request(
                .init(connection: connection, sequence: sequence), of: Owner(project: project, token: token), at: now
            ) {}
        }
        /// Whether another one may go on now.
        func release(_ connection: Int, _ sequence: UInt64 = 1) -> Bool {
            value.release(.init(connection: connection, sequence: sequence), at: now) != nil
        }
        func leave(_ connection: Int) -> Bool { value.leave(connection, at: now) != nil }
        func isCurrent(_ connection: Int, _ sequence: UInt64 = 1) -> Bool {
            // Whoever is there may ask for more.
            request(connection, sequence)
        }
        func isOverdue(_ connection: Int) -> Bool {
            value.isOverdue(.init(connection: connection, sequence: 1), patience: .seconds(30), at: now)
        }
    }

    @Test("one at a time goes beyond the pool; the others come in order, and those that have gone do not")
    func order() {
        let queue = Queue()
        #expect(queue.request(1))
        for connection in 2...5 { #expect(!queue.request(connection)) }
        #expect(!queue.release(2))
        #expect(!queue.leave(3))
        #expect(queue.release(1))
        #expect(queue.isCurrent(4))
        #expect(queue.leave(4))
        #expect(queue.isCurrent(5))
        #expect(!queue.release(5))
        #expect(queue.request(6))
    }

    @Test("a connection's next large batch stands behind those of the others, and goes with its connection")
    func nextOfAConnection() {
        let queue = Queue()
        #expect(queue.request(1, 1))
        #expect(queue.request(1, 1))
        #expect(!queue.request(2, 7) && !queue.request(1, 2) && !queue.request(3, 4))
        #expect(queue.release(1, 1))
        #expect(queue.isCurrent(2, 7))
        #expect(queue.release(2, 7))
        #expect(queue.isCurrent(1, 2))
        #expect(!queue.request(1, 3))
        #expect(queue.leave(1))
        #expect(queue.isCurrent(3, 4))
    }

    @Test("projects take turns, however many batches wait of one, and tokens within a project")
    func turns() {
        let queue = Queue()
        let waiting = [(1, "a", "x"), (2, "a", "x"), (3, "a", "x"), (4, "a", "y"), (5, "b", "z"), (6, "b", "z")]
        for (connection, project, token) in waiting { _ = queue.request(connection, of: project, token) }
        for (connection, next) in [(1, 5), (5, 4), (4, 6), (6, 2), (2, 3)] {
            #expect(queue.release(connection))
            #expect(queue.isCurrent(next))
        }
    }

    @Test("one is overdue when another has waited for long, and not before, however long it has been there")
    func overdue() {
        let queue = Queue()
        _ = queue.request(1)
        queue.now = queue.now + .hours(1)
        #expect(!queue.isOverdue(1))
        _ = queue.request(2)
        queue.now = queue.now + .seconds(29)
        _ = queue.request(3)
        #expect(!queue.isOverdue(1))
        queue.now = queue.now + .seconds(1)
        #expect(queue.isOverdue(1))
        #expect(!queue.isOverdue(2))
        #expect(queue.release(1))
        // Its own time begins with its turn.
        queue.now = queue.now + .seconds(29)
        #expect(!queue.isOverdue(2))
        queue.now = queue.now + .seconds(1)
        #expect(queue.isOverdue(2))
        #expect(!queue.leave(3))
        #expect(!queue.isOverdue(2))
    }
}
