internal import Glibc

/// The memory in which a segment lies: a file's, so that it outlives the process, or the process's own.
///
/// `@unchecked Sendable`: an entry is written once, under the lock of the queue that owns the segment, behind all that
/// anybody reads; what lies before a segment's end does not change any more.
final class SegmentMemory: @unchecked Sendable {
    private let memory: UnsafeMutableRawBufferPointer
    /// Whether what is written here is in the file.
    let isFile: Bool

    /// Takes over a mapping.
    private init(_ memory: UnsafeMutableRawBufferPointer, isFile: Bool) {
        (self.memory, self.isFile) = (memory, isFile)
    }

    deinit {
        munmap(memory.baseAddress, memory.count)
    }

    /// Memory of the process, zeroed; `nil` where there is none.
    ///
    /// - Parameter isPopulated: whether all of it is taken now, rather than what is touched when it is.
    static func anonymous(_ bytes: Int, isPopulated: Bool = false) -> SegmentMemory? {
        let mapped = map(bytes, MAP_PRIVATE | MAP_ANONYMOUS, -1)
        if isPopulated { mapped?.populate() }
        return mapped
    }

    /// The file's first bytes; it must have them.
    ///
    /// Its pages are mapped to be written, so that whoever records into it does not stop at each for the kernel: a page that
    /// was only read costs another stop at the first write to it.
    static func file(_ descriptor: Int32, _ bytes: Int) -> SegmentMemory? {
        let mapped = map(bytes, MAP_SHARED, descriptor)
        mapped?.populate()
        return mapped
    }

    private func populate() {
        // Kernels before 5.14 do not know it, and the pages come when they are touched.
        madvise(memory.baseAddress, memory.count, Self.populateToWrite)
    }

    /// `MADV_POPULATE_WRITE`, which Glibc's module does not name: madvise(2).
    private static let populateToWrite: Int32 = 23

    private static func map(_ bytes: Int, _ flags: Int32, _ descriptor: Int32) -> SegmentMemory? {
        guard let start = mmap(nil, bytes, PROT_READ | PROT_WRITE, flags, descriptor, 0), start != MAP_FAILED else {
            return nil
        }
        return SegmentMemory(UnsafeMutableRawBufferPointer(start: start, count: bytes), isFile: descriptor >= 0)
    }

    var count: Int { memory.count }
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(memory) }
    /// For the segment that the memory belongs to.
    var writable: UnsafeMutableRawBufferPointer { memory }
}
