import NIOCore
import NIOEmbedded

@testable import Tracewire

/// What lies between programs and the collector: it splits, delays, cuts, and goes deaf in one direction.
final class Network {
    private unowned let world: World
    private var connections: [(connection: Connection, program: Program)] = []
    private var lastNumber = 0

    init(_ world: World) {
        self.world = world
    }

    /// Connects a program to the collector, if there is one.
    func dial(_ program: Program, _ loop: EmbeddedEventLoop, _ handler: IngestHandler) -> EventLoopFuture<Void> {
        let promise = loop.makePromise(of: Void.self)
        let isLost = world.isActive && world.random.chance(world.conditions.halfOpens)
        let delay = isLost ? .milliseconds(500) : world.random.time(.microseconds(50), world.conditions.latency)
        whenBothMove(program, after: delay) { [self] in
            guard program.isAlive, program.loop === loop else { return promise.fail(ChannelError.alreadyClosed) }
            guard !isLost, let collector = world.collector, !collector.isDraining else {
                return promise.fail(ChannelError.connectTimeout(.milliseconds(500)))
            }
            do {
                try connect(program, collector, handler)
                promise.succeed(())
            } catch {
                promise.fail(error)
            }
        }
        return promise.futureResult
    }

    private func whenBothMove(_ program: Program, after delay: VirtualTime, _ work: @escaping () -> Void) {
        world.schedule.after(delay) { [self] in
            if world.collectorStandsStill {
                return whenBothMove(program, after: world.collectorPause - world.schedule.now, work)
            }
            program.whenMoving { [self] in
                world.collectorStandsStill ? whenBothMove(program, after: .zero, work) : work()
            }
        }
    }

    private func connect(_ program: Program, _ collector: CollectorProcess, _ handler: IngestHandler) throws {
        lastNumber += 1
        program.loop.advanceTime(to: world.schedule.now.deadline)
        let connection = Connection(
            world, number: lastNumber, client: Socket(world, loop: program.loop) { program.standsStill },
            collector: Socket(world, loop: collector.makeLoop()) { [unowned world] in world.collectorStandsStill })
        connections.append((connection, program))
        world.trace.note("connected", program.number, lastNumber)
        try collector.accept(connection)
        try connection.client.channel.pipeline.syncOperations.addHandler(handler)
        try connection.client.activate()
    }

    /// Gives what has arrived to those who read again, and forgets what is over.
    func hand() {
        for (connection, _) in connections {
            connection.collector.incoming?.hand()
            connection.client.incoming?.hand()
            // Who stood still has something to send.
            connection.collector.push()
            connection.client.push()
        }
        connections.removeAll { $0.connection.isOver }
    }

    /// The program is gone; its kernel may still tell the collector.
    func abandon(programOf program: Program) {
        for (connection, owner) in connections where owner === program {
            if world.random.chance(700) { connection.client.endForPeer() }
            connection.client.abandon()
        }
    }

    func trouble() {
        guard !connections.isEmpty else { return }
        let connection = world.random.pick(connections).connection
        if world.random.chance(world.conditions.cuts) {
            world.trace.note("cut", connection.number)
            cut(connection)
        }
        if world.conditions.doubles > 0, world.random.chance(world.conditions.doubles) {
            world.trace.note("doubled", connection.number)
            double(connection)
        }
        if world.random.chance(world.conditions.halfOpens) {
            let isOutward = world.random.chance(500)
            world.trace.note("half open", connection.number, isOutward ? 1 : 0)
            (isOutward ? connection.client : connection.collector).loseOutgoing()
        }
    }

    /// The client takes the connection for lost, and opens another one. The older one lingers: what the client had sent on it is
    /// under way, and arrives when the newer one is used.
    private func double(_ connection: Connection) {
        connection.client.forsake(holding: world.random.time(.milliseconds(20), .milliseconds(1_500)))
    }

    /// What is under way is lost. Each side hears of it at its own time, one of them perhaps never.
    private func cut(_ connection: Connection) {
        connection.client.loseOutgoing()
        connection.collector.loseOutgoing()
        for socket in [connection.client, connection.collector] where world.random.chance(800) {
            world.schedule.after(world.random.time(.zero, .milliseconds(800))) { socket.close() }
        }
    }
}
