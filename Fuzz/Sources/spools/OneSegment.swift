import Script
import TracewireProtocol

@testable import Tracewire

/// A segment of a spool whose bytes were changed: what is recovered are records that were written, in their order. Each has
/// a checksum, so that nothing else can come of it.
func recoverSegment(_ script: inout Script) {
    guard let memory = SegmentMemory.anonymous(capacity) else { return }
    let written = write(&script, to: memory)
    let changes = change(&script, memory)
    guard let recovered = RecoveredSegment(memory) else {
        precondition(changes > 0, "a segment that nobody changed is none")
        return
    }
    precondition(recovered.end <= memory.count, "a segment ends behind its memory")
    var walk = EntryWalk(memory.bytes, SpoolFormat.headerBytes..<recovered.end)
    var rest = written[...]
    var found = 0
    while let range = walk.next() {
        let record = Array(memory.bytes[range])
        guard let place = rest.firstIndex(of: record) else { preconditionFailure("a record comes that nobody wrote") }
        rest = rest[(place + 1)...]
        found += 1
    }
    precondition(found == recovered.records, "records are counted that do not come")
    precondition(changes > 0 || found == written.count, "a record is missing that nobody changed")
}

let capacity = 4096

/// Appends records until the script says that it is enough. Returns them as they stand in a batch.
private func write(_ script: inout Script, to memory: SegmentMemory) -> [[UInt8]] {
    var segment = Segment(memory, file: nil)
    segment.open(as: 1)
    var written: [[UInt8]] = []
    while written.count < 12, script.byte() % 8 > 0 {
        // Unlike any other, so that none can be taken for another.
        let name = "\(written.count)-" + String(repeating: "x", count: Int(script.byte()))
        let record = Record(atMs: 1, event: .user(User(username: name)))
        _ = SegmentEntry.make(record) { entry in
            guard segment.hasRoom(entry) else { return }
            let place = segment.end + SpoolFormat.entryHeaderBytes
            segment.append(entry)
            written.append(Array(memory.bytes[place..<place + entry.recordBytes]))
        }
    }
    return written
}

/// Changes bytes as the script says. Returns how many.
private func change(_ script: inout Script, _ memory: SegmentMemory) -> Int {
    var changes = 0
    while changes < 64 {
        let (low, high, mask) = (Int(script.byte()), Int(script.byte()), script.byte())
        guard mask != 0 else { break }
        memory.writable[(low | high << 8) % capacity] ^= mask
        changes += 1
    }
    return changes
}
