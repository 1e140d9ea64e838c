import NIOConcurrencyHelpers
import Testing

@testable import TracewireCollector

@Suite("Work that is not settled")
struct UnsettledWorkTests {
    private let mina = Owner(project: "dates", token: "mina")
    private let juno = Owner(project: "dates", token: "juno")
    private let other = Owner(project: "other", token: "rin")
    private let work = UnsettledWork(limit: 1000, projects: 2)
    private let resumed = NIOLockedValueBox<[Owner]>([])

    private func mustWait(_ owner: Owner) -> Bool {
        work.mustWait(owner) { [resumed] in resumed.withLockedValue { $0.append(owner) } }
    }

    private func part(_ bytes: Int, of owner: Owner) -> UnsettledWork.Part {
        UnsettledWork.Part(owner: owner, bytes: bytes)
    }

    @Test("makes whoever has their share wait, and nobody else")
    func shares() {
        // Of its own a project has 250, and all have 500.
        work.arrived(part(240, of: mina))
        #expect(!mustWait(mina))
        work.arrived(part(10, of: mina))
        #expect(mustWait(mina))
        #expect(!mustWait(juno) && !mustWait(other))
        #expect(work.bytes == 250)
    }

    @Test("of a project that goes far beyond its share keeps no other one waiting")
    func largeBatch() {
        work.arrived(part(5000, of: mina))
        #expect(mustWait(mina) && mustWait(juno))
        #expect(!mustWait(other))
    }

    @Test("tells each that waits once, when there is room for it again")
    func resuming() {
        work.arrived(part(900, of: mina))
        work.arrived(part(250, of: other))
        #expect(mustWait(mina) && mustWait(other) && mustWait(juno))
        work.settled([part(200, of: other)])
        #expect(resumed.withLockedValue { $0 } == [other])
        work.settled([part(500, of: mina)])
        #expect(resumed.withLockedValue { $0 } == [other, juno])
        work.settled([part(300, of: mina), part(100, of: mina), part(50, of: other)])
        #expect(resumed.withLockedValue { $0 } == [other, juno, mina])
        #expect(work.bytes == 0)
    }
}
