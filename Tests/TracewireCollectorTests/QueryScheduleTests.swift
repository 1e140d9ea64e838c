import Testing

@testable import TracewireCollector

@Suite("The schedule of queries")
struct QueryScheduleTests {
    /// An object, because `#expect` cannot change a value.
    private final class Schedule {
        var value: QuerySchedule<String>

        init(
            running: Int = 2, runningOfProject: Int = 100, waiting: Int = 10, stalled: Int = 2, stalledBytes: Int = 100
        ) {
            value = QuerySchedule(
                .init(
                    running: running, runningOfProject: runningOfProject, waiting: waiting, stalled: stalled,
                    stalledBytes: stalledBytes))
        }

        /// Each query of a project of its own, unless the test says whose it is.
        func add(_ query: String, _ project: String? = nil, _ token: String? = nil) -> Bool {
            value.add(query, of: .init(project: project ?? query, token: token))
        }
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

    @Test("projects take turns, however many queries wait of one, and tokens within a project")
    func turns() {
        let schedule = Schedule(running: 1, waiting: 20)
        for (query, token) in [("a1", "x"), ("a2", "x"), ("a3", "x"), ("a4", "y")] {
            #expect(schedule.add(query, "a", token))
        }
        for query in ["b1", "b2"] { #expect(schedule.add(query, "b")) }
        var order: [String] = []
        while let query = schedule.next() {
            order.append(query)
            schedule.value.end(query)
        }
        #expect(order == ["a1", "b1", "a4", "b2", "a2", "a3"])
    }

    @Test("whoever has the fewest queries running is next, those aside that have stalled")
    func fewest() {
        let schedule = Schedule(running: 4, waiting: 20, stalled: 4)
        for query in ["a1", "a2", "a3"] { _ = schedule.add(query, "a") }
        for _ in 0..<3 { _ = schedule.next() }
        for query in ["a4", "a5"] { _ = schedule.add(query, "a") }
        for query in ["b1", "b2"] { _ = schedule.add(query, "b") }
        #expect(schedule.next() == "b1")
        schedule.value.end("a1")
        #expect(schedule.next() == "b2")
        schedule.value.stall("a2", bytes: 1)
        #expect(schedule.next() == "a4")
    }

    @Test("a project has not all places among the running ones")
    func runningOfProject() {
        let schedule = Schedule(running: 3, runningOfProject: 2)
        for query in ["a1", "a2", "a3"] { _ = schedule.add(query, "a") }
        #expect(schedule.next() == "a1" && schedule.next() == "a2")
        #expect(schedule.next() == nil)
        _ = schedule.add("b1", "b")
        #expect(schedule.next() == "b1")
        schedule.value.end("b1")
        #expect(schedule.next() == nil)
        schedule.value.end("a1")
        #expect(schedule.next() == "a3")
    }

    @Test(
        "a project with half of what may be stalled begins nothing, and others do; its stalled ones yield to its own",
        arguments: [(2, 1), (1, 50)])
    func stalledOfProject(count: Int, bytes: Int) throws {
        let schedule = Schedule(running: 3, stalled: 4)
        for query in ["a1", "a2"].prefix(count) { _ = schedule.add(query, "a") }
        for _ in 0..<count { try schedule.value.stall(#require(schedule.next()), bytes: bytes) }
        #expect(!schedule.yields("a1"))
        _ = schedule.add("b1", "b")
        #expect(!schedule.yields("a1"))
        _ = schedule.add("a3", "a")
        #expect(schedule.next() == "b1")
        #expect(schedule.next() == nil)
        #expect(schedule.yields("a1"))
        #expect(count == 1 || !schedule.yields("a2"))
        schedule.value.end("a1")
        #expect(schedule.next() == "a3")
    }

    @Test("none yields to a query that could not begin all the same, because of its own project's")
    func yieldingForOthers() {
        let schedule = Schedule(running: 3, runningOfProject: 1, stalled: 2)
        for query in ["a1", "a2"] { _ = schedule.add(query, "a") }
        for query in ["b1", "c1"] {
            _ = schedule.add(query)
        }
        while let query = schedule.next() { if query != "a1" { schedule.value.stall(query, bytes: 1) } }
        #expect(!schedule.yields("b1"))
        schedule.value.end("a1")
        #expect(schedule.next() == nil)
        #expect(schedule.yields("b1"))
    }

    @Test("a project has at most half of the places to wait in")
    func share() {
        let schedule = Schedule(running: 1, waiting: 4)
        #expect(schedule.add("a1", "a") && schedule.add("a2", "a"))
        #expect(!schedule.add("a3", "a"))
        #expect(schedule.add("b1", "b") && schedule.add("c1", "c"))
        #expect(!schedule.add("d1", "d"))
        #expect(schedule.next() == "a1")
        #expect(schedule.add("a3", "a"))
    }
}
