import TracewireProtocol

/// What the collector says of a record, as the rules have it.
struct ExpectedVerdict: Equatable {
    let sequence: UInt64
    let index: UInt32
    let code: Code
}

/// A record that waits or was rejected, by where it came from.
struct KeptCopy {
    let producer: Identifier
    let sequence: UInt64
    let index: UInt32
    let bytes: [UInt8]
    var code = Code.ok
}

/// The domain's rules once more, from `protocol/SPEC.md` alone: what a database must hold after the batches that were
/// committed, in their order. Nothing of the store's code is used.
struct Rules {
    struct Producer: Equatable {
        var epoch: UInt64
        var lastSequence: UInt64
    }

    struct Workflow {
        let start: Record<String>
        var end: Record<String>?
        var status = Status.running
    }

    struct Node {
        let workflow: Identifier
        var status: Status
        var description: NodeDescription<String>
        var pendingAt: Int64?
        var start: (at: Int64, inputData: String?)?
        var end: (at: Int64, content: NodeEnd<String>)?
        var skippedAt: Int64?
    }

    struct Parked {
        let kept: KeptCopy
        let record: Record<String>
        var awaits: Awaited
    }

    enum Awaited: Hashable {
        case user(String)
        case workflow(Identifier)
        case node(Identifier)
        case start(Identifier)
    }

    enum Decision {
        case accepted
        case rejected(Code)
        case parked(Awaited)
    }

    var producers: [Identifier: Producer] = [:]
    /// Producers that were forgotten, and how far they had come.
    private var expired: [Identifier: UInt64] = [:]
    /// Usernames, and their emails.
    var users: [String: String?] = [:]
    var workflows: [Identifier: Workflow] = [:]
    var nodes: [Identifier: Node] = [:]
    var generations: [Identifier: Record<String>] = [:]
    var sheds: [Identifier: [Identifier: WorkflowShed]] = [:]
    var parked: [Parked] = []
    /// Those of a producer that was forgotten and comes back as a new one may be there twice.
    var rejected: [KeptCopy] = []
    var appeared: [Awaited] = []

    // MARK: Producers

    enum Admission: Equatable {
        case next
        case duplicate
        case refused
    }

    func admission(_ producer: Identifier, epoch: UInt64, sequence: UInt64) -> Admission {
        guard let known = producers[producer], known.epoch == epoch else { return .refused }
        if sequence <= known.lastSequence { return .duplicate }
        return sequence == known.lastSequence + 1 ? .next : .refused
    }

    /// Returns whether the producer is new, or takes itself for it.
    mutating func open(_ producer: Identifier, epoch: UInt64, nextSequence: UInt64) -> Bool {
        guard let known = producers[producer] else {
            guard nextSequence == 1 else { return false }
            producers[producer] = Producer(epoch: epoch, lastSequence: 0)
            return true
        }
        if epoch > known.epoch, nextSequence <= known.lastSequence + 1 { producers[producer]?.epoch = epoch }
        return false
    }

    mutating func forgetProducers() {
        for (identifier, producer) in producers { expired[identifier] = producer.lastSequence }
        producers = [:]
    }

    /// What was committed of a producer, of one that was forgotten as well.
    func lastSequence(of producer: Identifier) -> UInt64 {
        producers[producer]?.lastSequence ?? expired[producer] ?? 0
    }

    // MARK: Batches

    /// Applies a batch that is its producer's next one.
    mutating func apply(
        _ producer: Identifier, _ sequence: UInt64, _ records: [(bytes: [UInt8], content: Record<String>?, fault: Code)]
    ) -> [ExpectedVerdict] {
        var verdicts: [ExpectedVerdict] = []
        for (place, record) in records.enumerated() {
            let index = UInt32(place)
            let kept = KeptCopy(producer: producer, sequence: sequence, index: index, bytes: record.bytes)
            let decision = record.content.map { decide($0, hasSender: true) } ?? .rejected(record.fault)
            switch decision {
            case .accepted: break
            case .rejected(let code):
                reject(kept, code)
                verdicts.append(ExpectedVerdict(sequence: sequence, index: index, code: code))
            case .parked(let awaited):
                if let content = record.content { parked.append(Parked(kept: kept, record: content, awaits: awaited)) }
                verdicts.append(ExpectedVerdict(sequence: sequence, index: index, code: .parked))
            }
            releaseParked()
        }
        producers[producer]?.lastSequence = sequence
        return verdicts
    }

    private mutating func reject(_ kept: KeptCopy, _ code: Code) {
        var kept = kept
        kept.code = code
        rejected.append(kept)
    }

    private mutating func releaseParked() {
        var place = 0
        while place < appeared.count {
            let awaited = appeared[place]
            place += 1
            while let next = nextParked(awaited) {
                let waiting = parked[next]
                switch decide(waiting.record, hasSender: false) {
                case .accepted: parked.remove(at: next)
                case .rejected(let code):
                    parked.remove(at: next)
                    reject(waiting.kept, code)
                case .parked(let other): parked[next].awaits = other
                }
            }
        }
        appeared = []
    }

    /// In the order in which they came, but ends of nodes last.
    private func nextParked(_ awaited: Awaited) -> Int? {
        let waiting = parked.indices.filter { parked[$0].awaits == awaited }
        return waiting.first { parked[$0].record.event.kind != .nodeEnd } ?? waiting.first
    }
}
