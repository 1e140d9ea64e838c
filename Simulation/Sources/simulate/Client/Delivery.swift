import Logging
import NIOCore
import NIOEmbedded
import TracewireProtocol

@testable import Tracewire

/// A queue and its sender: a program's own, or one that it has taken over from a program that is gone.
final class Delivery {
    let queue: RecordQueue
    let sender: BatchSender
    let lineage: Lineage
    /// What was answered before this process had the queue.
    private let base: Int

    init(_ queue: RecordQueue, _ sender: BatchSender, _ lineage: Lineage) {
        (self.queue, self.sender, self.lineage) = (queue, sender, lineage)
        base = lineage.answered
    }

    /// Compares what the queue says with what it was given.
    func look(_ world: World) {
        let progress = queue.progress
        lineage.reported(upTo: base + Int(progress.recorded))
        world.require(
            base + Int(progress.recorded) == lineage.count, "a client holds what it has recorded",
            "\(lineage.name) holds \(base + Int(progress.recorded)) records of \(lineage.count)")
        if let wrong = lineage.answer(upTo: base + Int(progress.answered)) {
            world.violate("a client lets go only of what is committed", wrong)
        }
        let limits = queue.limits
        world.require(
            progress.heldBytes >= 0 && progress.heldBytes <= limits.memory + limits.disk + 2 * limits.segmentBytes,
            "a queue keeps to its bounds",
            "\(lineage.name) holds \(progress.heldBytes) bytes")
    }

    var isAnswered: Bool { queue.progress.answered >= queue.progress.recorded }

    /// The process is gone: nothing of it does anything any more. What is in the spool's files stays there.
    func abandon() {
        sender.phase = .stopped
        queue.files.spool?.owner.release()
    }
}
