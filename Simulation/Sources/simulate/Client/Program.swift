import Glibc
import Logging
import NIOCore
import NIOEmbedded
import TracewireProtocol

@testable import NIOEmbedded
@testable import Tracewire
@testable import TracewireProtocol

/// A program that records: a process with a queue of its own, which also delivers what processes before it have left.
///
/// `@unchecked Sendable`: a run has one thread.
final class Program: @unchecked Sendable {
    let number: Int
    private unowned let world: World
    private let directory: String
    private(set) var isAlive = false
    private(set) var loop = EmbeddedEventLoop()
    private(set) var own: Delivery?
    private(set) var adopted: Delivery?
    /// By the spool's path; what is in memory has none.
    private var lineages: [String: Lineage] = [:]
    private var started = 0
    private var hasLeftovers = false
    /// Until when it stands still.
    private var pauseEnd = VirtualTime.zero
    private let configuration: TracewireConfiguration
    private let hasSpool: Bool

    init(_ world: World, number: Int) {
        (self.world, self.number) = (world, number)
        directory = "\(world.directory)/spool\(number)"
        hasSpool = world.random.chance(750)
        configuration = Self.configuration(world)
    }

    private static func configuration(_ world: World) -> TracewireConfiguration {
        var configuration = TracewireConfiguration()
        configuration.batchBytes = world.random.pick([600, 4_000, 64_000])
        configuration.batchRecords = world.random.pick([1, 5, 50])
        // Small ones, where there is little room: each takes all of its file.
        configuration.segmentBytes = world.random.pick(
            world.conditions.isShedding ? [4 << 10] : [4 << 10, 16 << 10, 64 << 10])
        configuration.batchDelay = .milliseconds(world.random.within(1...50))
        configuration.batchesInFlight = world.random.pick([1, 2, 16])
        configuration.compression = world.random.pick([.none, .frame, .stream])
        configuration.streamWindowLog = world.random.within(10...14)
        configuration.connectTimeout = .milliseconds(500)
        configuration.silenceTimeout = .milliseconds(1_500)
        configuration.backoff.initial = .milliseconds(20)
        configuration.backoff.maximum = .milliseconds(1_000)
        configuration.backoff.rare = .milliseconds(2_000)
        configuration.memoryLimit = world.conditions.isShedding ? 20_000 : 8 << 20
        configuration.spoolLimit = world.conditions.isShedding ? 40_000 : 32 << 20
        return configuration
    }

    var deliveries: [Delivery] { [own, adopted].compactMap { $0 } }
    /// Whether all is delivered, what was shed said too.
    func settle() -> Bool {
        guard isAlive, deliveries.allSatisfy(\.isAnswered), !hasLeftovers else { return false }
        guard let own, own.queue.reportShed(waitsForRoom: false).reports > 0 else { return true }
        own.sender.flush()
        return false
    }

    var standsStill: Bool { world.schedule.now < pauseEnd }

    /// It does nothing until then; what is sent to it waits.
    func pause(until end: VirtualTime) {
        pauseEnd = end
    }

    // MARK: Beginning and end

    func start() {
        guard !isAlive else { return }
        pauseEnd = .zero
        isAlive = true
        started += 1
        loop = EmbeddedEventLoop()
        loop.advanceTime(to: world.schedule.now.deadline)
        world.trace.note("program starts", number, started)
        let spool = hasSpool ? makeSpool() : nil
        let lineage = Lineage("p\(number)-\(started)")
        lineages[spool?.path ?? "memory \(started)"] = lineage
        world.lineages[lineage.name] = lineage
        own = delivery(RecordQueue(configuration.queueLimits, files(spool)), lineage)
        hasLeftovers = hasSpool && started > 1
        adoptNext()
    }

    private func makeSpool() -> Spool? {
        do {
            return try Spool.create(
                in: directory, Identifier(milliseconds: world.schedule.wallMs), "simulated",
                limit: configuration.spoolLimit)
        } catch {
            // Others have filled the room: records are held in memory.
            return nil
        }
    }

    /// Files whose work is done a while later, as other threads do it.
    private func files(_ spool: Spool?) -> SegmentFiles {
        let life = started
        let later: @Sendable (VirtualTime, @escaping @Sendable () -> Void) -> Void = { [self] delay, work in
            world.schedule.after(delay) { [self] in
                whenMoving { [self] in
                    guard isAlive, started == life else { return }
                    work()
                }
            }
        }
        return SegmentFiles(
            spool,
            background: { [self] work in
                later(world.random.time(.microseconds(1), .milliseconds(3)), work)
            },
            later: { work in later(.milliseconds(100), work) })
    }

    /// Once it does not stand still any more.
    func whenMoving(_ work: @escaping () -> Void) {
        guard standsStill else { return work() }
        world.schedule.at(pauseEnd) { [self] in whenMoving(work) }
    }

    private func delivery(_ queue: RecordQueue, _ lineage: Lineage) -> Delivery {
        var configuration = configuration
        configuration.clientName = lineage.name
        let loop = loop
        let sender = BatchSender(
            configuration, queue: queue, waiters: ConditionWaiters(), logger: .silent, eventLoop: loop
        ) { [unowned self] handler in world.network.dial(self, loop, handler) }
        return Delivery(queue, sender, lineage)
    }

    /// The process is killed.
    func die() {
        guard isAlive else { return }
        world.trace.note("program dies", number)
        isAlive = false
        for delivery in deliveries {
            delivery.look(world)
            delivery.abandon()
            if delivery.queue.files.spool == nil { delivery.lineage.isLost = true }
            // What a file had no room for dies with the process, too.
            if delivery.queue.spooled < delivery.lineage.count - delivery.lineage.answered {
                delivery.lineage.isLost = true
            }
        }
        let newest = own?.queue.files.spool?.path
        world.network.abandon(programOf: self)
        (own, adopted) = (nil, nil)
        loop.run()
        loop.cancelRemainingScheduledTasks()
        if world.breaks == .loseSpool, let newest { loseSegment(newest) }
    }

    private func loseSegment(_ path: String) {
        let names = (try? SpoolDirectory.names(in: path)) ?? []
        guard let last = names.filter({ $0.hasSuffix(SpoolFormat.segmentSuffix) }).max() else { return }
        unlink("\(path)/\(last)")
    }

    /// The process ends by itself, when all is answered.
    func finish() {
        for delivery in deliveries { delivery.sender.stop() }
        loop.run()
        world.trace.note("program ends", number)
    }

    func discard() {
        for delivery in deliveries { delivery.abandon() }
        world.network.abandon(programOf: self)
        (own, adopted) = (nil, nil)
        isAlive = false
        loop.run()
        loop.cancelRemainingScheduledTasks()
    }

    // MARK: What others have left

    private var leftovers: [String] {
        ((try? SpoolDirectory.spools(in: directory)) ?? []).filter { path in
            path != own?.queue.files.spool?.path && path != adopted?.queue.files.spool?.path
        }
    }

    /// Takes over the oldest spool that is left, when the one before is delivered.
    func adoptNext() {
        guard hasLeftovers, isAlive, !standsStill else { return }
        if let adopted {
            guard adopted.isAnswered, adopted.queue.reportShed(waitsForRoom: false).reports == 0 else { return }
            adopted.look(world)
            adopted.sender.stop()
            loop.run()
            self.adopted = nil
            world.trace.note("delivered", number)
        }
        guard let path = leftovers.first else {
            hasLeftovers = false
            return
        }
        take(path)
    }

    private func take(_ path: String) {
        guard let spool = try? Spool.take(path) else { return }
        guard let recovered = try? RecoveredSpool(spool) else {
            return world.violate("a spool can be read by the next process", path)
        }
        let lineage = lineages[path] ?? Lineage("unknown")
        world.require(
            lineage.isLost || recovered.records == lineage.count - lineage.answered,
            "what was recorded survives the process",
            "\(recovered.records) of \(lineage.name) were found, and \(lineage.count - lineage.answered) were held")
        world.trace.note("adopted", number, recovered.records)
        let queue = RecordQueue(configuration.queueLimits, files(spool), recovered: recovered)
        queue.close(takesOwed: true)
        let adopted = delivery(queue, lineage)
        self.adopted = adopted
        _ = queue.reportShed(waitsForRoom: false)
        adopted.sender.flush()
    }

    // MARK: Recording

    func record(_ record: Record<String>) {
        guard isAlive, let own else { return }
        own.look(world)
        let appended = own.queue.append(record)
        world.trace.note("record", number, text: "\(record.event.kind)")
        switch appended.outcome {
        case .queued: own.lineage.recorded(record)
        case .shed: world.shed[record.event.workflow ?? .zero, default: 0] += 1
        case .refused, .closed: break
        }
        if let wake = appended.wake { own.sender.wake(wake) }
    }

    func look() {
        for delivery in deliveries { delivery.look(world) }
    }
}

extension Logger {
    static let silent = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }
}
