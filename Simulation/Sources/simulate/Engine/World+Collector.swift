import CSimulated

@testable import TracewireStore

// How the collector comes, goes, and comes back.
extension World {
    func startCollector() {
        guard collector == nil, breaks != .stayAway || isActive else { return }
        do {
            if isActive, random.chance(conditions.crashesInCommit) { disk_crash_after(Int64(random.within(1...20))) }
            defer { disk_crash_after(0) }
            let started = try CollectorProcess(self)
            // It may have died over something that it can do without.
            if disk_is_dead() != 0 { throw Violation(rule: "", detail: "died while it started") }
            trace.note("collector starts", Int(disk_calls()))
            collector = started
            recover(started)
            lastCollector += 1
            scheduleTurn(of: lastCollector)
        } catch {
            trace.note("no start", text: "\(error)")
            if disk_is_dead() != 0 { recoverDisk() }
            restartLater()
        }
    }

    /// What the database has after a crash is what was committed, and perhaps what was about to be.
    private func recover(_ started: CollectorProcess) {
        disk_calm(1)
        defer { disk_calm(0) }
        if let breaks { Sabotage.afterRestart(breaks, databasePath) }
        guard let found = try? started.committed() else { return violate("the database can be read", "") }
        if found != rules.producers {
            if let attempt = attempts.last(where: { $0.rules.producers == found }) {
                attempt.settle(self, [:])
                trace.note("found committed")
            } else {
                violate("what was committed survives", "\(found) was found, and \(rules.producers) was committed")
            }
        }
        attempts = []
        DatabaseCheck.run(self)
    }

    private func restartLater() {
        guard !isEnding else { return }
        schedule.after(random.time(.milliseconds(1), .milliseconds(500))) { [unowned self] in startCollector() }
    }

    /// The writer's thread, which does nothing but take turns.
    private func scheduleTurn(of number: Int) {
        schedule.after(random.time(.microseconds(100), .milliseconds(15))) { [unowned self] in
            guard number == lastCollector else { return }
            if collectorStandsStill { return scheduleTurn(of: number) }
            guard let goesOn = collector?.turn() else { return }
            if goesOn { return scheduleTurn(of: number) }
            if disk_is_dead() != 0 { crash() } else { ended() }
        }
    }

    func crash() {
        trace.note("collector dies")
        disk_die()
        collector?.abandon(telling: random.chance(700))
        collector = nil
        recoverDisk()
        restartLater()
    }

    private func recoverDisk() {
        if random.chance(conditions.losesPower) {
            disk_lose_power()
            unlinkFile(databasePath + "-shm")
            trace.note("power lost", Int(disk_sectors_lost()))
        }
        disk_revive()
    }

    func drain(_ process: CollectorProcess) {
        trace.note("drain")
        process.drain()
        schedule.after(.seconds(1)) { [weak process] in process?.cut() }
    }

    /// The collector has drained.
    private func ended() {
        trace.note("collector ends")
        collector?.abandon(telling: true)
        collector = nil
        if isEnding { finish() } else { restartLater() }
    }
}
