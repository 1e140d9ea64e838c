/// One direction of a connection: bytes on their way, in their order.
final class Pipe {
    private enum Item {
        case bytes([UInt8])
        /// The sending side was closed: nothing follows.
        case end
    }

    private unowned let world: World
    private unowned let receiver: Socket
    /// What the sockets of both sides hold together before the sender has to wait.
    private let capacity: Int
    /// Sent, and not taken by the receiver.
    private(set) var bytesUnderWay = 0
    /// Arrived, and not taken.
    private var arrived: [Item] = []
    private var lastArrival = VirtualTime.zero
    /// What is sent vanishes, and nobody is told.
    private(set) var isDead = false
    private(set) var hasEnded = false
    private let latency: VirtualTime
    /// What has arrived is not given to the receiver before.
    private var heldUntil = VirtualTime.zero

    init(_ world: World, to receiver: Socket) {
        (self.world, self.receiver) = (world, receiver)
        capacity = world.conditions.socketBytes
        latency = world.random.time(.microseconds(50), world.conditions.latency)
    }

    var hasRoom: Bool { isDead || bytesUnderWay < capacity }

    func send(_ bytes: [UInt8]) {
        guard !isDead, !hasEnded, !bytes.isEmpty else { return }
        bytesUnderWay += bytes.count
        var rest = bytes[...]
        while !rest.isEmpty {
            let isLast = world.conditions.pieces == 1 || world.random.below(world.conditions.pieces) == 0
            let count = isLast ? rest.count : world.random.within(1...rest.count)
            deliver(.bytes([UInt8](rest.prefix(count))))
            rest = rest.dropFirst(count)
        }
    }

    /// The sending side is closed.
    func end() {
        guard !hasEnded else { return }
        hasEnded = true
        deliver(.end)
    }

    private func deliver(_ item: Item) {
        lastArrival = max(lastArrival, world.schedule.now) + world.random.time(.microseconds(10), latency)
        world.schedule.at(lastArrival) { [weak self] in
            guard let self, !isDead else { return }
            arrived.append(item)
            hand()
        }
    }

    /// What is under way stays there for so long.
    func hold(_ time: VirtualTime) {
        heldUntil = world.schedule.now + time
    }

    func die() {
        isDead = true
        arrived = []
        bytesUnderWay = 0
    }

    /// Gives the receiver what has arrived, as far as it reads.
    func hand() {
        while !arrived.isEmpty, !isDead, receiver.isReading, world.schedule.now >= heldUntil {
            switch arrived.removeFirst() {
            case .bytes(let bytes):
                bytesUnderWay -= bytes.count
                receiver.received(bytes)
                receiver.peer?.push()
            case .end: receiver.ended()
            }
        }
    }
}
