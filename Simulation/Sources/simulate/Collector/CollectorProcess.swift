import CSimulated
import Glibc
import NIOCore
import NIOEmbedded
import TracewireProtocol

@testable import NIOEmbedded
@testable import TracewireCollector
@testable import TracewireStore

/// A collector: its connections, each on a loop of its own, and its writer, which takes turns where it would have a thread.
final class CollectorProcess {
    let core: CollectorCore
    private unowned let world: World
    private var turns: WriterTurns
    /// Reads how far producers have come, over the connection of that writer.
    private var positions: (statement: Statement, writer: StoreWriter)?
    private(set) var connections: [Int: Connection] = [:]
    private(set) var handlers: [Int: ConnectionHandler] = [:]
    private var loops: [Int: EmbeddedEventLoop] = [:]
    /// Of connections that are over: what is still said to them is heard by nobody.
    private var retired: [EmbeddedEventLoop] = []
    private var lastWork: VirtualTime
    /// Work that was acknowledged before it is done, where the simulation is broken so.
    private var withheld: [WriterWork] = []
    private(set) var isDraining = false

    /// - Throws: what the disk says.
    init(_ world: World) throws {
        self.world = world
        var configuration = CollectorConfiguration(databasePath: world.databasePath)
        configuration.ingestBytes = world.conditions.ingestBytes
        configuration.windowBytes = world.conditions.windowBytes
        configuration.stallTimeout = .seconds(2)
        configuration.handshakeTimeout = .seconds(1)
        configuration.queryThreads = 1
        core = try CollectorCore(
            configuration, access: AccessControl(configuration, logger: .silent), logger: .silent)
        let writer = try StoreWriter(path: world.databasePath, limits: Self.limits(world))
        let loop = WriterLoop(
            configuration: configuration, databasePath: world.databasePath, queue: core.projects.standard.queue,
            counters: core.counters, unsettled: core.unsettled, watchers: core.projects.standard.watchers,
            logger: .silent)
        core.projects.standard.openedElsewhere()
        turns = WriterTurns(loop, writer)
        lastWork = world.schedule.now
    }

    private static func limits(_ world: World) -> StoreLimits {
        var limits = StoreLimits()
        limits.checkpointBytes = world.random.pick([64 << 10, 512 << 10, 16 << 20])
        limits.truncateBytes = limits.checkpointBytes * world.random.within(1...3)
        limits.liveNodes = world.random.pick([4, 64, 4096])
        limits.liveWorkflows = world.random.pick([2, 64, 4096])
        limits.cacheBytes = world.random.pick([64 << 10, 1 << 20])
        return limits
    }

    // MARK: Connections

    func makeLoop() -> EmbeddedEventLoop {
        let loop = EmbeddedEventLoop()
        loop.advanceTime(to: world.schedule.now.deadline)
        return loop
    }

    func accept(_ connection: Connection) throws {
        let number = core.nextConnectionNumber()
        let handler = ConnectionHandler(shared: core, number: number)
        try connection.collector.channel.pipeline.syncOperations.addHandler(handler)
        connections[number] = connection
        handlers[number] = handler
        loops[number] = connection.collector.loop
        try connection.collector.activate()
    }

    /// Lets the loops do what they have to, in any order, some of them later.
    func advanceLoops() {
        for number in loops.keys.sorted() {
            guard let loop = loops[number], world.isCalm || world.random.chance(900) else { continue }
            loop.advanceTime(to: world.schedule.now.deadline)
        }
        for loop in retired { loop.advanceTime(to: world.schedule.now.deadline) }
        for (number, connection) in connections where connection.collector.isClosed {
            guard handlers[number]?.workUnderWay == 0 else { continue }
            if let loop = loops[number] { retired.append(loop) }
            (connections[number], handlers[number], loops[number]) = (nil, nil, nil)
        }
    }

    // MARK: The writer's turns

    /// Returns whether the process is still there.
    func turn() -> Bool {
        let next = withheld.isEmpty ? core.projects.standard.queue.next(waiting: 0) : .work(withheld)
        switch next {
        case .work(let work):
            lastWork = world.schedule.now
            return take(work)
        case .idle:
            guard turns.patience == 0 || world.schedule.now - lastWork > .seconds(1) else { return true }
            lastWork = world.schedule.now
            armCrash()
            _ = turns.take(.idle)
            disk_crash_after(0)
            world.trace.note("idle", Int(disk_calls()))
            return disk_is_dead() == 0
        case .stop:
            if world.breaks == .neverEnd, world.isEnding { return true }
            turns.writer.close()
            world.trace.note("closed", Int(disk_calls()))
            return false
        }
    }

    private func take(_ work: [WriterWork]) -> Bool {
        if world.breaks == .ackBeforeCommit, withheld.isEmpty {
            withheld = work
            acknowledge(work)
            return true
        }
        withheld = []
        let attempt = Attempt(world.rules, work, world)
        armCrash()
        _ = turns.take(.work(work))
        if positions?.writer !== turns.writer { positions = nil }
        disk_crash_after(0)
        world.trace.note("turn", work.count, Int(disk_calls()), Int(disk_failures()))
        guard disk_is_dead() == 0 else {
            world.attempts.append(attempt)
            return false
        }
        settle(attempt)
        return true
    }

    private func settle(_ attempt: Attempt) {
        disk_calm(1)
        defer { disk_calm(0) }
        guard let found = try? committed() else {
            return world.violate("the writer can read what it has committed", "")
        }
        if found == attempt.rules.producers {
            // What was attempted before is gone with what was written over it.
            if found != world.rules.producers { world.attempts = [] }
            attempt.settle(world, connections)
        } else if found == world.rules.producers {
            world.attempts.append(attempt)
            world.trace.note("failed")
        } else {
            world.violate("a commit is done or not", "\(found) is neither \(world.rules.producers) nor what was due")
        }
    }

    /// How far each producer has come, as the database says.
    func committed() throws -> [Identifier: Rules.Producer] {
        let positions = try readsPositions()
        defer { positions.reset() }
        var found: [Identifier: Rules.Producer] = [:]
        while try positions.step() {
            found[positions.identifier(0)] = Rules.Producer(
                epoch: UInt64(bitPattern: positions.integer(1)), lastSequence: UInt64(bitPattern: positions.integer(2)))
        }
        return found
    }

    private func readsPositions() throws -> Statement {
        if let positions, positions.writer === turns.writer { return positions.statement }
        positions = nil
        let statement = try Statement(turns.writer.connection, "SELECT id, epoch, last_sequence FROM producers")
        positions = (statement, turns.writer)
        return statement
    }

    private func armCrash() {
        guard world.isActive, world.random.chance(world.conditions.crashesInCommit) else { return }
        disk_crash_after(Int64(world.random.within(1...40)))
    }

    private func acknowledge(_ work: [WriterWork]) {
        for case .commit(let pending) in work {
            let settled = SettledBatch(
                sequence: pending.batch.sequence, bytes: pending.batch.bytes.count, outcome: .success(.committed([])))
            pending.connection.execute { $0.settled([settled]) }
        }
    }

    /// Forgets all producers, as if they had been idle for long.
    func expireProducers() {
        guard (try? turns.writer.expireProducers(idleForMs: -1, nowMs: Int64.max / 2)) != nil else { return }
        world.rules.forgetProducers()
        world.attempts = []
        world.trace.note("expired")
    }

    // MARK: Ends

    /// Lets the connections settle, then closes the database.
    func drain() {
        isDraining = true
        let core = core
        core.connections.drain { core.projects.standard.queue.stop() }
    }

    /// Ends connections that take too long to settle.
    func cut() {
        core.connections.cut()
    }

    /// The process is gone, at once.
    func abandon(telling tells: Bool) {
        for number in connections.keys.sorted() {
            guard let connection = connections[number] else { continue }
            if tells { connection.collector.endForPeer() }
            connection.collector.abandon()
        }
        retired += loops.keys.sorted().compactMap { loops[$0] }
        // What one does may be more to do for another.
        for _ in 0..<3 { for loop in retired { loop.run() } }
        for loop in retired { loop.cancelRemainingScheduledTasks() }
        (connections, handlers, loops) = ([:], [:], [:])
    }

    // MARK: What must hold

    func look() {
        // One that is closed and has no work has given back what it had.
        let holding = handlers.filter { $1.workUnderWay > 0 || connections[$0]?.collector.isClosed == false }.values
        let pooled = holding.reduce(0) { $0 + $1.ledger.pooled }
        let granted = core.budget.bytesGranted
        world.require(
            granted == pooled, "the pool of credit knows what it has given",
            "\(granted) bytes, and the connections have \(pooled)")
        let outstanding = handlers.values.reduce(0) { $0 + $1.ledger.outstanding }
        let waiting = core.projects.standard.queue.bytes
        world.require(
            waiting <= outstanding || withheld.count > 0, "what waits for the writer is within the credit",
            "\(waiting) of \(outstanding) bytes")
        world.require(
            core.unsettled.bytes >= 0 && core.unsettled.bytes <= core.unsettled.limit + (1 << 20),
            "what has arrived and is not settled is within its bound", "\(core.unsettled.bytes) bytes")
    }
}
