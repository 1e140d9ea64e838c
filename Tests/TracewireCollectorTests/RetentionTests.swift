import Testing
import TracewireStore

@testable import TracewireCollector

@Suite("What goes by itself")
struct RetentionTests {
    private static let day: Int64 = 86_400_000

    private func space(
        content: Int64, free: Int64 = 0, log: Int64 = 0
    ) -> StoreSpace {
        StoreSpace(fileBytes: content + free + log, logBytes: log, contentBytes: content, freeBytes: free)
    }

    private let small = StoreSpace(fileBytes: 10, logBytes: 0, contentBytes: 10, freeBytes: 0)

    @Test("what ended too long ago goes first, then records as old, then their values, and then it rests")
    func age() {
        var retention = Retention(retainMs: 2 * Self.day, maximumBytes: nil)
        let now = 100 * Self.day + 5
        let before = 98 * Self.day
        #expect(retention.next(nowMs: now, space: small) == .prune(.age, endedBefore: before))
        retention.did(.prune(.age, endedBefore: before), removed: 32, hasMore: true)
        #expect(retention.next(nowMs: now, space: small) == .prune(.age, endedBefore: before))
        retention.did(.prune(.age, endedBefore: before), removed: 3, hasMore: false)
        #expect(retention.next(nowMs: now, space: small) == .forgetRecords(before: before))
        retention.did(.forgetRecords(before: before), removed: 0, hasMore: false)
        #expect(retention.next(nowMs: now, space: small) == .clear)
        retention.did(.clear, hasMore: true)
        #expect(retention.next(nowMs: now, space: small) == .clear)
        retention.did(.clear, hasMore: false)
        #expect(retention.next(nowMs: now, space: small) == .rest)
        #expect(retention == Retention(retainMs: 2 * Self.day, maximumBytes: nil))
    }

    @Test(
        "age is told in steps of a 24th of it, and of an hour at most",
        arguments: [
            (2 * day, 3_599_999, 8 * day), (2 * day, 3_600_000, 8 * day + 3_600_000), (24_000, 999, 10 * day - 24_000),
            (24_000, 1_000, 10 * day - 23_000), (1, 7, 10 * day + 6),
        ] as [(Int64, Int64, Int64)])
    func steps(retain: Int64, after: Int64, before: Int64) {
        var retention = Retention(retainMs: retain, maximumBytes: nil)
        let step = retention.next(nowMs: 10 * Self.day + after, space: small)
        #expect(step == .prune(.age, endedBefore: before))
    }

    @Test("nothing goes for room before the files take more than they may")
    func enough() {
        var retention = Retention(retainMs: nil, maximumBytes: 100_000_000)
        #expect(retention.next(nowMs: 0, space: space(content: 90_000_000, log: 10_000_000)) == .rest)
        #expect(retention.shortage == nil)
    }

    @Test(
        "beyond what the files may take the oldest go until there is some room, and then pages and log are given back")
    func room() {
        var retention = Retention(retainMs: nil, maximumBytes: 100_000_000)
        let prune = Retention.Step.prune(.room, endedBefore: .max)
        let giveBack = Retention.Step.giveBack(keeping: 128 << 10)
        #expect(retention.next(nowMs: 0, space: space(content: 99_000_000, log: 2_000_000)) == prune)
        retention.did(prune, removed: 32, hasMore: true)
        // Its values have to be out of the segments before anybody can say how much it helped.
        #expect(retention.next(nowMs: 0, space: space(content: 98_900_000, log: 3_000_000)) == .clear)
        retention.did(.clear, hasMore: false)
        #expect(retention.next(nowMs: 0, space: space(content: 95_000_001, free: 4_000_000, log: 3_000_000)) == prune)
        retention.did(prune, removed: 32, hasMore: true)
        retention.did(.clear, hasMore: false)
        #expect(
            retention.next(nowMs: 0, space: space(content: 95_000_000, free: 4_000_000, log: 5_000_000)) == giveBack)
        retention.did(giveBack, hasMore: true)
        #expect(
            retention.next(nowMs: 0, space: space(content: 95_000_000, free: 2_000_000, log: 5_000_000)) == giveBack)
        retention.did(giveBack, hasMore: false)
        #expect(retention.next(nowMs: 0, space: space(content: 95_000_000, free: 100_000, log: 7_000_000)) == .emptyLog)
        retention.did(.emptyLog, hasMore: false)
        #expect(retention.next(nowMs: 0, space: space(content: 95_000_000, free: 100_000)) == .rest)
        #expect(retention.shortage == nil)
    }

    @Test("a log that has grown is emptied before anything goes")
    func logOnly() {
        var retention = Retention(retainMs: nil, maximumBytes: 100_000_000)
        #expect(retention.next(nowMs: 0, space: space(content: 90_000_000, log: 11_000_000)) == .emptyLog)
        retention.did(.emptyLog, hasMore: false)
        #expect(retention.next(nowMs: 0, space: space(content: 90_000_000)) == .rest)
    }

    @Test("where only running workflows are left it says so, rests, and tries again in the next round")
    func runningOnly() {
        var retention = Retention(retainMs: nil, maximumBytes: 100_000_000)
        let full = space(content: 120_000_000)
        let prune = Retention.Step.prune(.room, endedBefore: .max)
        for _ in 1...2 {
            #expect(retention.next(nowMs: 0, space: full) == prune)
            retention.did(prune, removed: 0, hasMore: false)
            #expect(retention.next(nowMs: 0, space: full) == .clear)
            retention.did(.clear, hasMore: false)
            #expect(retention.next(nowMs: 0, space: full) == .rest)
            #expect(retention.shortage == .runningOnly)
        }
        #expect(retention.next(nowMs: 0, space: space(content: 90_000_000)) == .rest)
        #expect(retention.shortage == nil)
    }

    @Test("a log that a reader holds is named, and costs no workflow that has room")
    func heldLog() {
        var retention = Retention(retainMs: nil, maximumBytes: 100_000_000)
        let held = space(content: 90_000_000, log: 20_000_000)
        #expect(retention.next(nowMs: 0, space: held) == .emptyLog)
        retention.did(.emptyLog, hasMore: true)
        #expect(retention.next(nowMs: 0, space: held) == .rest)
        #expect(retention.shortage == .logInUse)
    }

    @Test("a log that grows again while nobody holds it is no shortage, but a matter of the next round")
    func grownLog() {
        var retention = Retention(retainMs: nil, maximumBytes: 100_000_000)
        let grown = space(content: 90_000_000, log: 20_000_000)
        #expect(retention.next(nowMs: 0, space: grown) == .emptyLog)
        retention.did(.emptyLog, hasMore: false)
        #expect(retention.next(nowMs: 0, space: grown) == .rest)
        #expect(retention.shortage == nil)
    }

    @Test("a small limit is reached, too: pages and log are given back as far as that takes")
    func smallLimit() {
        var retention = Retention(retainMs: nil, maximumBytes: 1_000_000)
        let giveBack = Retention.Step.giveBack(keeping: 5_000)
        // As it was seen: less than 256 KiB more than what is in it.
        #expect(retention.next(nowMs: 0, space: space(content: 900_000, free: 100_000, log: 49_136)) == giveBack)
        retention.did(giveBack, hasMore: false)
        #expect(retention.next(nowMs: 0, space: space(content: 900_000, free: 4_000, log: 149_136)) == .emptyLog)
        retention.did(.emptyLog, hasMore: false)
        #expect(retention.next(nowMs: 0, space: space(content: 900_000, free: 4_000)) == .rest)
        #expect(retention.shortage == nil)
    }

    @Test("a workflow of which a part went goes whole, whatever room there is, and is no sign that nothing is left")
    func largeWorkflow() {
        var retention = Retention(retainMs: nil, maximumBytes: 100_000_000)
        let prune = Retention.Step.prune(.room, endedBefore: .max)
        #expect(retention.next(nowMs: 0, space: space(content: 120_000_000)) == prune)
        retention.did(prune, removed: 0, hasMore: true)
        #expect(retention.next(nowMs: 0, space: space(content: 90_000_000, free: 30_000_000)) == prune)
        retention.did(prune, removed: 1, hasMore: true)
        #expect(retention.next(nowMs: 0, space: space(content: 90_000_000, free: 30_000_000)) == .clear)
    }

    @Test("what went is counted by why it went")
    func tally() {
        var tally = RetentionTally()
        tally.add(0, by: .prune(.age, endedBefore: 1), atMs: 5)
        #expect(tally == RetentionTally())
        tally.add(2, by: .prune(.age, endedBefore: 1), atMs: 6)
        tally.add(3, by: .prune(.room, endedBefore: .max), atMs: 7)
        tally.add(4, by: .forgetRecords(before: 1), atMs: 8)
        #expect(tally.workflowsForAge == 2 && tally.workflowsForRoom == 3 && tally.records == 4 && tally.lastMs == 8)
    }
}
