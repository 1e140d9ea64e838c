import Glibc
import Script
import TracewireProtocol

@testable import Tracewire

/// A spool whose files were changed after its process was gone: whoever takes it over sends records that were written, each once and
/// in their order, in batches whose numbers follow each other, and believes of its owner and of what was shed only what was said.
func recoverSpool(_ script: inout Script) {
    do throws(SpoolError) {
        let left = try LeftSpool(&script)
        let changes = LeftSpool.change(&script)
        guard let spool = try Spool.take(LeftSpool.path) else { preconditionFailure("nobody has it: it is not there") }
        defer { spool.remove() }
        left.check(owner: spool.owner.fields, isWhole: changes == 0)
        try left.check(spool, isWhole: changes == 0)
    } catch {
        // A spool of a later version, or a machine without room: said, and left alone.
        precondition(!"\(error)".isEmpty, "a spool is refused without a sentence")
        LeftSpool.clear()
    }
}

/// What was written, before anything was changed.
private struct LeftSpool {
    static let directory: String = {
        // In memory, where there is such a directory: each input makes and removes several files.
        let place = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
        var template = Array("\(place)/tracewire-fuzz-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { fatalError("no directory for spools") }
        return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }()
    static let producer = Identifier(milliseconds: 7)
    static let path = "\(directory)/\(producer)"
    static let destination = "127.0.0.1:4747"
    private static let wide = BatchLimits(bytes: 1 << 20, records: 4_096, recordBytes: 1 << 20)
    private static let limits = QueueLimits(
        memory: 1 << 20, disk: 1 << 20, batchBytes: 2_048, batchRecords: 4, segmentBytes: 4_096)

    /// As they stand in a batch.
    private(set) var records: [[UInt8]] = []
    /// How many of them the collector has acknowledged.
    private(set) var acknowledged = 0
    private(set) var batches: [QueuedBatch] = []
    private(set) var shed: [ShedCounts] = []
    let epoch: UInt64

    /// Records what the script says, makes batches of some of it, and goes away.
    init(_ script: inout Script) throws(SpoolError) {
        epoch = UInt64(script.byte())
        let spool = try Spool.create(in: Self.directory, Self.producer, Self.destination)
        spool.owner.fields.epoch = epoch
        let queue = RecordQueue(Self.limits, SegmentFiles(spool))
        let sent = Int(script.byte() % 8)
        while records.count < 24, script.byte() % 8 > 0 {
            // Unlike any other, so that none can be taken for another.
            let name = "\(records.count)-" + String(repeating: "x", count: 4 * Int(script.byte()))
            let record = Record(atMs: 1, event: .user(User(username: name)))
            guard queue.append(record).outcome == .queued else { continue }
            var entry = WireWriter()
            entry.appendBatchEntry(record)
            records += Self.entries(entry.bytes)
        }
        batches = Self.batches(of: queue, from: 1, atMost: sent)
        if script.byte() % 2 == 1, let first = batches.first {
            spool.owner.fields.acknowledged = first.sequence
            acknowledged = first.records
        }
        for row in 0..<Int(script.byte() % 4) {
            let counts = ShedCounts(
                workflow: Identifier(milliseconds: Int64(row)), source: Self.producer, records: Int64(script.byte()),
                payloads: Int64(script.byte()))
            spool.ledger?.write(counts, row: row)
            shed.append(counts)
        }
        spool.owner.release()
    }

    static func clear() {
        for name in (try? SpoolDirectory.names(in: path)) ?? [] { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    /// Batches as they would be sent.
    static func batches(of queue: RecordQueue, from first: UInt64, atMost: Int) -> [QueuedBatch] {
        var batches: [QueuedBatch] = []
        // Each may have to be read first; a segment is read once.
        for _ in 0..<200 where batches.count < atMost {
            switch queue.batch(first + UInt64(batches.count), wide, allowsPartial: true, whenReady: {}) {
            case .batch(let batch): batches.append(batch)
            case .away: continue
            case .empty, .onlyPartial, .mustRenumber: return batches
            }
        }
        return batches
    }

    static func entries(_ batch: [UInt8]) -> [[UInt8]] {
        guard let records = try? IncomingBatch.records(in: batch.span) else {
            preconditionFailure("what was sent is no batch")
        }
        return records.map { Array(batch[$0.encoded.range]) }
    }

    /// Changes bytes of its files, or cuts one short, as the script says. Returns how often.
    static func change(_ script: inout Script) -> Int {
        let names = ((try? SpoolDirectory.names(in: path)) ?? []).sorted()
        var changes = 0
        while changes < 64, !names.isEmpty {
            let choice = script.byte()
            guard choice != 0 else { break }
            let place = Int(script.byte()) | Int(script.byte()) << 8
            let file = "\(path)/\(names[Int(choice) % names.count])"
            change(file, place, script.byte(), cuts: choice & 0x80 != 0)
            changes += 1
        }
        return changes
    }

    private static func change(_ file: String, _ place: Int, _ mask: UInt8, cuts: Bool) {
        if cuts {
            truncate(file, off_t(place))
            return
        }
        let descriptor = open(file, O_RDWR)
        defer { close(descriptor) }
        var byte: UInt8 = 0
        guard pread(descriptor, &byte, 1, off_t(place)) == 1 else { return }
        byte ^= mask
        pwrite(descriptor, &byte, 1, off_t(place))
    }

    /// - Parameter isWhole: whether nobody has changed anything.
    func check(owner: OwnerFields, isWhole: Bool) {
        precondition([nil, Self.producer].contains(owner.producer), "its owner is another producer")
        precondition([nil, Self.destination].contains(owner.destination), "it goes where nobody said")
        // A number stands beside its complement, which is no checksum: it may be another one, but never one that is too large.
        let numbers = [owner.epoch ?? 0, owner.acknowledged]
        precondition(numbers.allSatisfy { $0 <= SpoolFormat.largestNumber }, "a number of its owner is out of range")
        guard isWhole else { return }
        precondition(owner.producer != nil && owner.destination != nil, "its owner is not told")
        let isAcknowledged = (owner.acknowledged > 0) == (acknowledged > 0)
        precondition(owner.epoch == epoch && isAcknowledged, "its owner says other numbers")
    }

    func check(_ spool: Spool, isWhole: Bool) throws(SpoolError) {
        let recovered = try RecoveredSpool(spool)
        for row in recovered.shed {
            let said = shed.contains {
                $0.workflow == row.counts.workflow && $0.source == row.counts.source
                    && [0, $0.records].contains(row.counts.records) && [0, $0.payloads].contains(row.counts.payloads)
            }
            precondition(said, "it counts what was not shed")
        }
        let queue = RecordQueue(Self.limits, SegmentFiles(spool), recovered: recovered)
        var sent = Self.batches(of: queue, from: recovered.lowestSequence, atMost: .max)
        if !isWhole {
            // What cannot go under its old numbers goes under new ones.
            queue.renumber(for: Identifier(milliseconds: 8))
            sent = Self.batches(of: queue, from: 1, atMost: .max)
        }
        check(sent, isWhole: isWhole)
        guard isWhole else { return }
        precondition(recovered.damage.isEmpty && recovered.unreadable.isEmpty && !recovered.isBroken, "damage is seen")
        let told = recovered.shed.map(\.counts)
        precondition(told == shed.filter { $0.records + $0.payloads > 0 }, "what was shed is not told")
        let again = batches.drop { $0.sequence < recovered.lowestSequence }
        precondition(sent.prefix(again.count).elementsEqual(again), "a batch is not sent again as it was")
    }

    private func check(_ sent: [QueuedBatch], isWhole: Bool) {
        var rest = records[...]
        var count = 0
        for record in sent.flatMap({ Self.entries($0.bytes) }) {
            guard let place = rest.firstIndex(of: record) else { preconditionFailure("a record comes nobody wrote") }
            rest = rest[(place + 1)...]
            count += 1
        }
        precondition(!isWhole || count == records.count - acknowledged, "a record is missing that nobody changed")
    }
}
