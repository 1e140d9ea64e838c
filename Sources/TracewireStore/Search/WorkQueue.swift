internal import Dispatch
internal import Synchronization

/// What lies between somebody who gives work and the threads that do it: results come out in the order in which the work
/// went in, whichever was done first.
///
/// It has no bound of its own: who gives work counts what it has not taken back.
final class WorkQueue<Item: Sendable, Result: Sendable>: Sendable {
    private struct State {
        var waiting: [(number: Int, item: Item)] = []
        var finished: [Int: Result] = [:]
        var added = 0
        var taken = 0
        var isEnding = false
    }

    private let state = Mutex(State())
    /// Counts the items that wait, and at the end the threads that are to go.
    private let items = DispatchSemaphore(value: 0)
    /// Counts the results since somebody waited for one: a result out of its turn wakes for nothing.
    private let results = DispatchSemaphore(value: 0)

    func add(_ item: Item) {
        state.withLock { state in
            state.waiting.append((state.added, item))
            state.added += 1
        }
        items.signal()
    }

    /// The result of the oldest work that was not taken yet; waits for it. There has to be such work.
    func next() -> Result {
        while true {
            let result = state.withLock { state in
                let result = state.finished.removeValue(forKey: state.taken)
                if result != nil { state.taken += 1 }
                return result
            }
            if let result { return result }
            results.wait()
        }
    }

    /// Sends `threads` threads home: what waits is not done any more.
    func end(threads: Int) {
        state.withLock { $0.isEnding = true }
        for _ in 0..<threads { items.signal() }
    }

    /// A thread's part: does what waits until the end.
    func serve(_ work: (Item) -> Result) {
        while let (number, item) = nextItem() {
            let result = work(item)
            state.withLock { $0.finished[number] = result }
            results.signal()
        }
    }

    private func nextItem() -> (Int, Item)? {
        items.wait()
        return state.withLock { state in
            guard !state.isEnding, !state.waiting.isEmpty else { return nil }
            return state.waiting.removeFirst()
        }
    }
}
