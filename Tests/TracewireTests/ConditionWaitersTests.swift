import NIOPosix
import Synchronization
import Testing

@testable import Tracewire

@Suite(.timeLimit(.minutes(5))) struct ConditionWaitersTests {
    private final class Counter: Sendable {
        private let value = Mutex(0)

        var current: Int { value.withLock { $0 } }

        func increase() {
            value.withLock { $0 += 1 }
        }
    }

    private let eventLoop = MultiThreadedEventLoopGroup.singleton.any()

    @Test func `a wait ends when its time is over, however short it is`() async {
        let waiters = ConditionWaiters()
        for _ in 0..<2000 { await waiters.wait(timeout: .zero, on: eventLoop) { false } }
    }

    @Test func `a wait ends when a poke finds that it holds, and not before`() async {
        let waiters = ConditionWaiters()
        let counter = Counter()
        let eventLoop = eventLoop
        await withTaskGroup(of: Void.self) { group in
            for threshold in 1...50 {
                group.addTask {
                    await waiters.wait(timeout: nil, on: eventLoop) { counter.current >= threshold }
                    #expect(counter.current >= threshold)
                }
            }
            for _ in 1...50 {
                counter.increase()
                waiters.poke()
                await Task.yield()
            }
        }
    }

    @Test func `a wait despite cancellation goes on until it holds or its time is over`() async {
        let (waiters, counter, eventLoop) = (ConditionWaiters(), Counter(), eventLoop)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            await waiters.waitDespiteCancellation(timeout: .milliseconds(1), on: eventLoop) { false }
            counter.increase()
            await waiters.waitDespiteCancellation(timeout: .seconds(600), on: eventLoop) { counter.current > 1 }
            #expect(counter.current > 1)
        }
        while counter.current == 0 { await Task.yield() }
        counter.increase()
        waiters.poke()
        await task.value
    }

    @Test func `a wait ends when its task is cancelled, before or while it waits`() async {
        let waiters = ConditionWaiters()
        for _ in 0..<200 {
            let task = Task { await waiters.wait(timeout: nil, on: eventLoop) { false } }
            task.cancel()
            await task.value
        }
    }
}
