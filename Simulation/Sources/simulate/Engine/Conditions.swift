import CSimulated

/// One thing that is broken in what is simulated, to see that the checker finds it.
enum Break: String, CaseIterable {
    /// Acknowledgements go out before the commit.
    case ackBeforeCommit = "ack-before-commit"
    /// The disk says that it has synced, and has not.
    case skipSync = "skip-sync"
    /// A client that crashes loses the newest segment of its spool.
    case loseSpool = "lose-spool"
    /// A collector that comes back takes a producer for one batch behind.
    case forgetSequence = "forget-sequence"
    /// A collector that is told to end does not.
    case neverEnd = "never-end"
    /// A collector that comes back has another status in a row.
    case changeStatus = "change-status"
    /// A collector that comes back has one rejected record less.
    case dropRejected = "drop-rejected"
    /// The collector never comes back for good.
    case stayAway = "stay-away"
}

/// What a seed chooses before the run begins: not every run has every fault, so that some are looked at alone.
struct Conditions {
    let programs: Int
    let runs: Int
    let activeTime: VirtualTime
    /// Chances in a thousand for each time that the fault is looked at, every 20 ms or so.
    let cuts: Int
    let halfOpens: Int
    let clientCrashes: Int
    let collectorCrashes: Int
    let collectorDrains: Int
    /// Chances in a thousand for each commit.
    let crashesInCommit: Int
    let losesPower: Int
    let expiries: Int
    /// A side stands still for a while, as a process does that is stopped or whose machine is busy.
    let pauses: Int
    /// A client opens its connection once more, while the older one lingers with what is under way.
    let doubles: Int
    /// Most of what bytes take from one side to the other.
    let latency: VirtualTime
    let pieces: Int
    let socketBytes: Int
    let ingestBytes: Int
    let windowBytes: Int
    let payloadBytes: Int
    let illegal: Int
    let disk: disk_faults
    let fullDisks: Int
    let isShedding: Bool

    init(_ random: inout Generator, seed: UInt64) {
        func some(_ most: Int) -> Int { random.chance(500) ? random.within(1...most) : 0 }
        programs = random.within(1...4)
        runs = random.within(2...8)
        activeTime = .milliseconds(random.within(500...5_000))
        (cuts, halfOpens) = (some(40), some(20))
        (clientCrashes, collectorCrashes, collectorDrains) = (some(12), some(12), some(6))
        (crashesInCommit, losesPower) = (some(100), random.pick([0, 500, 1000]))
        (expiries, pauses) = (random.chance(200) ? random.within(1...6) : 0, some(20))
        // A slow network with small buffers would deliver large payloads in no time that a run has.
        let pace = random.below(4)
        latency = .microseconds([200, 2_000, 20_000, 200_000][pace])
        pieces = random.pick(pace < 3 ? [1, 2, 6] : [1, 2])
        socketBytes = random.pick([[600, 4_000, 64_000], [4_000, 64_000], [4_000, 64_000], [64_000]][pace])
        payloadBytes = random.pick(Array([40, 400, 4_000, 40_000].prefix([4, 4, 3, 2][pace])))
        ingestBytes = random.pick([0, 16 << 10, 256 << 10, 32 << 20])
        windowBytes = random.pick([0, 600 << 10, 32 << 20])
        illegal = random.pick([0, 50, 300])
        let fails = random.chance(400)
        disk = disk_faults(
            write_fails: fails ? UInt32(some(20_000)) : 0, sync_fails: fails ? UInt32(some(60_000)) : 0,
            read_fails: fails ? UInt32(some(3_000)) : 0, is_full: 0, sync_lies: 0)
        fullDisks = random.chance(200) ? random.within(1...10) : 0
        isShedding = random.chance(150)
        // From numbers of its own: the others stay what they were before there was this fault.
        var later = Generator(seed: ~seed)
        doubles = later.chance(500) ? later.within(1...30) : 0
    }
}
