import CSimulated
import NIOCore
import TracewireProtocol

@testable import TracewireStore

/// One run: everything in it, and what must hold of it.
///
/// `@unchecked Sendable`: a run has one thread.
final class World: @unchecked Sendable {
    /// How long all may take to be delivered once nothing fails any more.
    private static let patience = VirtualTime.seconds(120)

    let seed: UInt64
    let breaks: Break?
    let schedule = Schedule()
    let trace: Trace
    var random: Generator
    let conditions: Conditions
    let directory: String
    let databasePath: String

    var rules = Rules()
    /// Transactions that failed, or during which the process died: one of them may be found committed after all.
    var attempts: [Attempt] = []
    /// What each queue was given, by the name that its client says.
    var lineages: [String: Lineage] = [:]
    /// By whom batches were sent.
    var producers: [Identifier: Lineage] = [:]
    /// Records for which a queue had no room, by workflow.
    var shed: [Identifier: Int64] = [:]

    var collector: CollectorProcess?
    private(set) lazy var network = Network(self)
    private lazy var traffic = Traffic(self)
    private(set) var programs: [Program] = []
    /// Things fail and are recorded.
    private(set) var isActive = true
    var isCalm: Bool { !isActive }
    var isEnding: Bool { deadline != nil }
    /// When the collector, which is told to end for good, has to have ended.
    private var deadline: VirtualTime?
    /// Until when the collector stands still.
    private(set) var collectorPause = VirtualTime.zero
    private var hasStopped = false
    private(set) var violation: Violation?
    private var isDiskFull = false
    var lastCollector = 0

    init(seed: UInt64, directory: String, breaks: Break? = nil, prints: Bool = false) {
        (self.seed, self.directory, self.breaks) = (seed, directory, breaks)
        databasePath = "\(directory)/traces.db"
        random = Generator(seed: seed)
        simulated_random_seed(random.next())
        disk_reset(random.next())
        trace = Trace(schedule, prints: prints)
        conditions = Conditions(&random, seed: seed)
    }

    // MARK: What must hold

    func violate(_ rule: String, _ detail: @autoclosure () -> String) {
        if violation == nil { violation = Violation(rule: rule, detail: detail()) }
    }

    func require(_ holds: Bool, _ rule: String, _ detail: @autoclosure () -> String) {
        if !holds { violate(rule, detail()) }
    }

    private func look() {
        for program in programs { program.look() }
        collector?.look()
    }

    // MARK: The run

    func run() {
        setDisk()
        startCollector()
        for number in 0..<conditions.programs {
            let program = Program(self, number: number)
            programs.append(program)
            schedule.after(random.time(.zero, .milliseconds(100))) { program.start() }
        }
        record()
        trouble()
        tick()
        schedule.after(conditions.activeTime) { [unowned self] in calmDown() }
        while violation == nil, !hasStopped {
            schedule.step()
            trace.step()
            for program in programs where program.isAlive && !program.standsStill { advance(program) }
            if !collectorStandsStill { collector?.advanceLoops() }
            network.hand()
            look()
        }
        discard()
    }

    private func advance(_ program: Program) {
        if isCalm || random.chance(900) { program.loop.advanceTime(to: schedule.now.deadline) }
    }

    /// Time goes on also when nothing is to happen.
    private func tick() {
        schedule.after(random.time(.milliseconds(5), .milliseconds(30))) { [unowned self] in
            for program in programs { program.adoptNext() }
            if isCalm { goOnToTheEnd() }
            tick()
        }
    }

    private func record() {
        guard isActive else { return }
        let program = random.pick(programs.indices.isEmpty ? [0] : Array(programs.indices))
        if program < programs.count, programs[program].isAlive, !programs[program].standsStill,
            let next = traffic.next()
        {
            programs[program].record(next)
        }
        schedule.after(random.time(.microseconds(100), .milliseconds(40))) { [unowned self] in record() }
    }

    // MARK: Trouble

    private func trouble() {
        guard isActive else { return }
        network.trouble()
        pause()
        for program in programs where program.isAlive && random.chance(conditions.clientCrashes) {
            program.die()
            schedule.after(random.time(.milliseconds(1), .milliseconds(400))) { program.start() }
        }
        if let collector, !collector.isDraining, !collectorStandsStill {
            if random.chance(conditions.collectorCrashes) {
                crash()
            } else if random.chance(conditions.collectorDrains) {
                drain(collector)
            } else if random.chance(conditions.expiries) {
                disk_calm(1)
                collector.expireProducers()
                disk_calm(0)
            }
        }
        if random.chance(conditions.fullDisks) {
            isDiskFull.toggle()
            setDisk()
        }
        schedule.after(random.time(.milliseconds(5), .milliseconds(35))) { [unowned self] in trouble() }
    }

    /// Lets the collector or a program stand still for a while: longer than some of the other side's patience.
    private func pause() {
        guard conditions.pauses > 0, random.chance(conditions.pauses) else { return }
        let end = schedule.now + random.time(.milliseconds(20), .milliseconds(3_000))
        let place = random.below(programs.count + 1)
        trace.note("pause", place)
        if place < programs.count { programs[place].pause(until: end) } else { collectorPause = end }
    }

    var collectorStandsStill: Bool { schedule.now < collectorPause }

    private func setDisk() {
        var faults = isActive ? conditions.disk : disk_faults()
        faults.is_full = isActive && isDiskFull ? 1 : 0
        faults.sync_lies = breaks == .skipSync ? 1 : 0
        disk_set_faults(faults)
    }

    private func calmDown() {
        trace.note("calm")
        isActive = false
        collectorPause = .zero
        for program in programs { program.pause(until: .zero) }
        setDisk()
        if breaks == .stayAway, collector != nil { crash() }
        startCollector()
        for program in programs where !program.isAlive { program.start() }
    }

    // MARK: The end

    private func goOnToTheEnd() {
        if let deadline {
            return require(
                schedule.now < deadline, "a collector that is told to end does", "it has not for two minutes")
        }
        let isSettled = programs.map { $0.settle() }.allSatisfy { $0 }
        if isSettled, let collector, !collector.isDraining {
            deadline = schedule.now + Self.patience
            for program in programs { program.finish() }
            drain(collector)
        } else if schedule.now > conditions.activeTime + Self.patience {
            violate("everything is delivered once nothing fails any more", undelivered)
        }
    }

    private var undelivered: String {
        let waiting = lineages.values.filter { !$0.isLost && !$0.isAnswered }
        let names = waiting.map { "\($0.name) \($0.answered) of \($0.count)" }.sorted()
        return names.joined(separator: ", ") + (collector == nil ? "; there is no collector" : "")
    }

    func finish() {
        hasStopped = true
        for lineage in lineages.values where !lineage.isLost {
            require(
                lineage.committed == lineage.count, "all that was recorded is committed",
                "\(lineage.name): \(lineage.committed) of \(lineage.count)")
        }
        lookAtSheds()
        DatabaseCheck.run(self)
        if random.chance(250) { DatabaseCheck.checkAll(self) }
    }

    /// What programs had no room for is said of each run, by those whose count outlives them. Who dies while he counts may have
    /// said too much.
    private func lookAtSheds() {
        guard !lineages.values.contains(where: \.isLost) else { return }
        for (workflow, count) in shed where rules.workflows[workflow] != nil {
            let said = rules.sheds[workflow]?.values.reduce(0) { $0 + ($1.records ?? 0) } ?? 0
            require(
                said == count || said > count && conditions.clientCrashes > 0,
                "what there was no room for is counted", "\(said) of \(count) records of \(workflow)")
        }
    }

    private func discard() {
        disk_die()
        for program in programs { program.discard() }
        collector?.abandon(telling: false)
        collector = nil
        // Whatever was to happen holds on to the rest.
        schedule.forget()
        disk_set_faults(disk_faults())
    }
}
