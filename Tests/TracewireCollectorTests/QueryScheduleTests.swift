import Testing

@testable import TracewireCollector

@Suite("The schedule of queries")
struct QueryScheduleTests {
    /// An object, because `#expect` cannot change a value.
    private final class Schedule {
        var value: QuerySchedule<String>

        init(running: Int = 2, waiting: Int = 10, stalled: Int = 2, stalledBytes: Int = 100) {
            value = QuerySchedule(
                .init(running: running, waiting: waiting, stalled: stalled, stalledBytes: stalledBytes))
        }

        func add(_ query: String) -> Bool { value.add(query) }
        func next() -> String? { value.next() }
        func yields(_ query: String) -> Bool { value.yields(query) }
        func takeWaiting() -> [String] { value.takeWaiting() }
    }

    @Test("begins queries in their order while there are places, and refuses what is more than may wait")
    func order() {
        let schedule = Schedule(waiting: 3)
        for query in ["a", "b", "c"] { #expect(schedule.add(query)) }
        #expect(!schedule.add("d"))
        #expect(schedule.next() == "a")
        #expect(schedule.next() == "b")
        #expect(schedule.next() == nil)
        schedule.value.end("a")
        #expect(schedule.next() == "c")
        #expect(Set(schedule.value.underWay) == ["b", "c"])
    }

    @Test("a query that stalls leaves its place to another, and needs none to go on")
    func stalling() {
        let schedule = Schedule(running: 1)
        for query in ["a", "b", "c"] { _ = schedule.add(query) }
        #expect(schedule.next() == "a")
        #expect(schedule.next() == nil)
        schedule.value.stall("a", bytes: 1)
        #expect(schedule.next() == "b")
        schedule.value.resume("a")
        #expect(schedule.next() == nil)
        schedule.value.end("b")
        #expect(schedule.next() == nil)
        schedule.value.end("a")
        #expect(schedule.next() == "c")
    }

    @Test("nothing begins beyond the number or the memory of the stalled", arguments: [(2, 1), (1, 100)])
    func crowding(count: Int, bytes: Int) throws {
        let schedule = Schedule()
        for query in ["a", "b", "c"] { _ = schedule.add(query) }
        for _ in 0..<count {
            let query = try #require(schedule.next())
            schedule.value.stall(query, bytes: bytes)
        }
        #expect(schedule.next() == nil)
        schedule.value.end("a")
        #expect(schedule.next() != nil)
    }

    @Test("as many stalled queries yield as others wait, and none where that gives no place")
    func yielding() {
        let schedule = Schedule()
        for query in ["a", "b"] { _ = schedule.add(query) }
        for _ in 0..<2 { _ = schedule.next() }
        schedule.value.stall("a", bytes: 1)
        _ = schedule.add("c")
        #expect(!schedule.yields("a"))
        #expect(schedule.next() == "c")
        schedule.value.stall("b", bytes: 1)
        #expect(!schedule.yields("a"))
        _ = schedule.add("d")
        #expect(schedule.next() == nil)
        #expect(schedule.yields("a"))
        #expect(!schedule.yields("b"))
        schedule.value.end("a")
        #expect(schedule.next() == "d")
    }

    @Test("none yields while those that work leave no place to begin in")
    func yieldingForNothing() {
        let schedule = Schedule(running: 1)
        for query in ["a", "b", "c"] { _ = schedule.add(query) }
        _ = schedule.next()
        schedule.value.stall("a", bytes: 1)
        _ = schedule.next()
        schedule.value.stall("b", bytes: 100)
        schedule.value.resume("a")
        #expect(!schedule.yields("b"))
        schedule.value.end("a")
        #expect(schedule.yields("b"))
    }

    @Test("what has not begun can be taken out")
    func takingOut() {
        let schedule = Schedule(running: 1)
        for query in ["a", "b"] { _ = schedule.add(query) }
        _ = schedule.next()
        #expect(schedule.takeWaiting() == ["b"])
        schedule.value.end("a")
        #expect(schedule.next() == nil)
    }
}
