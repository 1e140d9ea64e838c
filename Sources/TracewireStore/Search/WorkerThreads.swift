/// A few threads that do the work of a ``WorkQueue``, until ``end()``.
final class WorkerThreads<Item: Sendable, Result: Sendable> {
    let queue = WorkQueue<Item, Result>()
    private var threads: [JoinableThread] = []

    /// Starts up to `count` threads, as many as the system gives.
    ///
    /// - Parameter makeWork: called once on each thread, for what that thread keeps to itself.
    init(_ count: Int, _ makeWork: @escaping @Sendable () -> (Item) -> Result) {
        for _ in 0..<count {
            guard let thread = JoinableThread({ [queue] in queue.serve(makeWork()) }) else { break }
            threads.append(thread)
        }
    }

    deinit {
        end()
    }

    /// How many there are; with none no work is ever done.
    var count: Int { threads.count }

    /// Returns when all threads have ended, each after the work that it is doing. Doing it again does nothing.
    func end() {
        queue.end(threads: threads.count)
        for thread in threads { thread.join() }
        threads = []
    }
}
