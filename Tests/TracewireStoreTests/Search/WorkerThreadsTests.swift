import Synchronization
import Testing

@testable import TracewireStore

struct WorkerThreadsTests {
    /// What the threads of a test tell each other.
    private final class Board: Sendable {
        let isOpen = Atomic(false)
        let working = Atomic(0)
        let done = Atomic(0)
    }

    @Test func `results come in the order of the work, whichever is done first`() {
        let board = Board()
        let threads = WorkerThreads<Int, Int>(2) {
            { number in
                // The first waits for the second, and is done last.
                while number == 0 && !board.isOpen.load(ordering: .acquiring) {}
                if number == 1 { board.isOpen.store(true, ordering: .releasing) }
                return number * 10
            }
        }
        #expect(threads.count == 2)
        for number in 0..<100 { threads.queue.add(number) }
        #expect((0..<100).map { _ in threads.queue.next() } == (0..<100).map { $0 * 10 })
    }

    @Test func `once they have ended no thread works any more, and what waited is left`() {
        let board = Board()
        let threads = WorkerThreads<Int, Int>(3) {
            { number in
                board.working.add(1, ordering: .relaxed)
                // All but the first wait until the end has been said.
                while number > 0 && !board.isOpen.load(ordering: .acquiring) {}
                board.done.add(1, ordering: .relaxed)
                board.working.subtract(1, ordering: .relaxed)
                return number
            }
        }
        for number in 0..<1_000 { threads.queue.add(number) }
        #expect(threads.queue.next() == 0)
        while board.working.load(ordering: .relaxed) < 3 {}
        threads.queue.end(threads: threads.count)
        board.isOpen.store(true, ordering: .releasing)
        threads.end()
        #expect(board.working.load(ordering: .relaxed) == 0)
        #expect(board.done.load(ordering: .relaxed) == 4)
        threads.end()
    }

    @Test func `what a thread keeps to itself is made on each`() {
        let board = Board()
        let threads = WorkerThreads<Int, Int>(3) {
            board.done.add(1, ordering: .relaxed)
            return { $0 }
        }
        let count = threads.count
        threads.end()
        #expect(count == 3)
        #expect(board.done.load(ordering: .relaxed) == count)
    }
}
