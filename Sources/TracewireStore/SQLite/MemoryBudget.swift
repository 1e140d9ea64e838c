internal import CSQLite
internal import Glibc

/// Bounds what SQLite allocates for one query.
///
/// SQLite's own limits on its heap are for the whole process, and its count of allocated bytes takes a lock that all
/// threads share. A connection here is confined to one thread, so its allocations can be counted for the thread: SQLite
/// is given these functions in place of its own, and a statement that wants more fails with `SQLITE_NOMEM`, which
/// leaves the connection as good as it was. So does one that goes on after it had to end: what is large is about to be
/// worked on, by functions that nothing interrupts, so ``Watch`` is asked before each large allocation.
final class MemoryBudget {
    /// Bytes from which an allocation is large. Working on fewer takes microseconds.
    private static let largeBytes = 64 << 10

    private let limit: Int
    private var used = 0
    /// Whether an allocation was refused.
    private(set) var isExceeded = false
    /// Says whether the query must end.
    var watch: Watch?

    private init(limit: Int) {
        self.limit = limit
    }

    /// Runs `body` with at most `limit` bytes more than SQLite has now on this thread.
    static func with<Result>(_ limit: Int, _ body: (MemoryBudget) -> Result) -> Result {
        let budget = MemoryBudget(limit: limit)
        pthread_setspecific(key, Unmanaged.passUnretained(budget).toOpaque())
        defer { withExtendedLifetime(budget) { _ = pthread_setspecific(key, nil) } }
        return body(budget)
    }

    /// To be called before SQLite is used at all; see ``Connection/isSQLiteConfigured``.
    static func install() -> Bool {
        var methods = sqlite3_mem_methods(
            xMalloc: { MemoryBudget.allocate(Int($0)) },
            xFree: { MemoryBudget.free($0) },
            xRealloc: { MemoryBudget.reallocate($0, Int($1)) },
            xSize: { Int32(clamping: malloc_usable_size($0)) },
            xRoundup: { ($0 &+ 7) & ~7 },
            xInit: { _ in SQLITE_OK },
            xShutdown: { _ in },
            pAppData: nil)
        return tracewire_sqlite3_config_memory(&methods) == SQLITE_OK
    }

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        // It can fail only when a process has used up its 1,024 keys; no thread has a budget then.
        pthread_key_create(&key, nil)
        return key
    }()

    private static var current: MemoryBudget? {
        pthread_getspecific(key).map { Unmanaged<MemoryBudget>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Bytes that SQLite took on this thread under the budget that it has now; 0 without one.
    static var bytesInUse: Int { current?.used ?? 0 }

    /// Whether the query that this thread runs must end.
    static var isOver: Bool { current?.watch?.isOver ?? false }

    /// - Parameter growth: bytes that an allocation of so many takes beyond what it had.
    private func permits(_ bytes: Int, growth: Int) -> Bool {
        if bytes >= Self.largeBytes, watch?.isOver == true { return false }
        if used + growth <= limit { return true }
        isExceeded = true
        return false
    }

    private static func allocate(_ bytes: Int) -> UnsafeMutableRawPointer? {
        guard let budget = current else { return malloc(bytes) }
        guard budget.permits(bytes, growth: bytes), let address = malloc(bytes) else { return nil }
        budget.used += malloc_usable_size(address)
        return address
    }

    private static func free(_ address: UnsafeMutableRawPointer?) {
        if let budget = current { budget.used -= malloc_usable_size(address) }
        Glibc.free(address)
    }

    private static func reallocate(_ address: UnsafeMutableRawPointer?, _ bytes: Int) -> UnsafeMutableRawPointer? {
        guard let budget = current else { return realloc(address, bytes) }
        let before = malloc_usable_size(address)
        guard budget.permits(bytes, growth: bytes - before), let moved = realloc(address, bytes) else { return nil }
        budget.used += malloc_usable_size(moved) - before
        return moved
    }
}
