internal import Synchronization

/// Where a queue's segments come from: the files of its spool, or memory where there is none or the disk is full.
final class SegmentFiles: Sendable {
    /// What somebody should hear of.
    enum Trouble {
        /// Records are held in memory, because no file can be made.
        case inMemory(SpoolError)
        /// Records are lost, because a file cannot be read.
        case damage(SpoolError)
    }

    /// Longer than any segment: the largest record, and what a segment has around it.
    static let largestSegment = 96 << 20

    /// What came of reading a segment back.
    enum ReadSegment {
        case read(SegmentMemory, RecoveredSegment)
        /// It is gone, or nobody can read it.
        case lost
        /// There are no descriptors, or there is no memory: it may be read later.
        case notNow
    }

    /// `nil` where everything stays in memory.
    let spool: Spool?
    /// Runs what may take a while for the disk.
    let background: @Sendable (@escaping @Sendable () -> Void) -> Void
    /// Runs what is to be tried again, after a while.
    let later: @Sendable (@escaping @Sendable () -> Void) -> Void
    private let trouble: @Sendable (Trouble) -> Void
    private let isInTrouble = Atomic<Bool>(false)
    private let isFinished = Atomic<Bool>(false)
    /// Memory of segments that were acknowledged: the kernel would clear each page of other memory anew.
    private let used = Mutex<[SegmentMemory]>([])
    private static let usedKept = 4

    /// - Parameter trouble: hears of files that cannot be made once until they can.
    init(
        _ spool: Spool?, background: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void = { $0() },
        later: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void = { $0() },
        trouble: @escaping @Sendable (Trouble) -> Void = { _ in }
    ) {
        (self.spool, self.background, self.later, self.trouble) = (spool, background, later, trouble)
    }

    /// A segment of so many bytes; `nil` where there is not even memory.
    ///
    /// - Parameter isSpare: whether nobody who records waits for it.
    func make(_ bytes: Int, isSpare: Bool = false) -> Segment? {
        guard !isFinished.load(ordering: .acquiring) else { return nil }
        if let spool {
            do throws(SpoolError) {
                let segment = try spool.makeSegment(bytes, isSpare: isSpare)
                isInTrouble.store(false, ordering: .relaxed)
                return segment
            } catch {
                report(error)
            }
        }
        // Also where somebody waits for it: that takes less time than stopping at each page when it is touched.
        return (takeUsed(bytes) ?? SegmentMemory.anonymous(bytes, isPopulated: true)).map { Segment($0, file: nil) }
    }

    private func takeUsed(_ bytes: Int) -> SegmentMemory? {
        used.withLock { used in used.firstIndex { $0.count == bytes }.map { used.remove(at: $0) } }
    }

    /// What lies behind a segment's end is never read, so that it need not be cleared.
    private func keep(_ memory: SegmentMemory) {
        used.withLock { used in
            if used.count < Self.usedKept { used.append(memory) }
        }
    }

    private func report(_ error: SpoolError) {
        if !isInTrouble.exchange(true, ordering: .relaxed) { trouble(.inMemory(error)) }
    }

    /// A segment as its file has it. One that cannot be read is reported, and kept aside.
    func read(_ file: SegmentFile) -> ReadSegment {
        do throws(SpoolError) {
            let memory = try file.read(atMost: Self.largestSegment)
            guard let recovered = RecoveredSegment(memory) else {
                throw SpoolError("read", file.path, because: "it is no segment, or its header is damaged")
            }
            if recovered.damagedBytes > 0 {
                trouble(.damage(.damaged(file, recovered)))
            }
            return .read(memory, recovered)
        } catch {
            if error.mayPass { return .notNow }
            trouble(.damage(error))
            spool?.setAside(file)
            return .lost
        }
    }

    /// Lets go of segments, and of their files. Nobody reads them any more.
    func remove(_ segments: [Segment]) {
        guard !segments.isEmpty else { return }
        for segment in segments where segment.file == nil { segment.memory.map(keep) }
        // At once: the spool may be removed, with all that is in it, before the background comes to it.
        for segment in segments where segment.isDamaged { segment.file.map { spool?.setAside($0) } }
        background {
            for segment in segments where !segment.isDamaged { segment.file?.remove() }
        }
    }

    /// Makes no more segments. Without anything left the spool is removed, else others may have it.
    ///
    /// - Parameter damaged: segments that are answered as far as they can be read.
    func finish(isEmpty: Bool, damaged: [SegmentFile] = []) {
        guard !isFinished.exchange(true, ordering: .acquiringAndReleasing), let spool else { return }
        if isEmpty {
            for file in damaged { spool.setAside(file) }
            spool.remove()
        }
        spool.owner.release()
    }
}
