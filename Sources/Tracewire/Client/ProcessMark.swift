internal import Glibc

/// Tells the process that made it from one that was forked off: the child shares the files of its parent's spool, which it
/// would write over, and has none of its threads, which may have held locks.
///
/// `@unchecked Sendable`: nothing is written after the initializer, but by the kernel.
final class ProcessMark: @unchecked Sendable {
    /// `MADV_WIPEONFORK`, which Glibc's module does not name: madvise(2). Kernels before 4.14 do not know it, and the mark says
    /// nothing there.
    private static let wipeOnFork: Int32 = 18
    private static let bytes = 1

    /// A page of which a child gets zeros; `nil` where there was no memory.
    private let page: UnsafeMutableRawPointer?

    init() {
        let page = mmap(nil, Self.bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        self.page = page == MAP_FAILED ? nil : page
        guard let page = self.page else { return }
        madvise(page, Self.bytes, Self.wipeOnFork)
        page.storeBytes(of: 1, as: UInt8.self)
    }

    deinit {
        if let page { munmap(page, Self.bytes) }
    }

    var isOwn: Bool { page?.load(as: UInt8.self) != 0 }
}
