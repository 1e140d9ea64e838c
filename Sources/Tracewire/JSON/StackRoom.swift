internal import Glibc

/// How far the stack of the current thread reaches.
struct StackRoom {
    /// What is kept for the code that is called: of a stack of 512 KiB, an eighth.
    private static let reserve: UInt = 64 << 10

    private typealias GetAttributes = @convention(c) (pthread_t, UnsafeMutablePointer<pthread_attr_t>) -> Int32

    /// `pthread_getattr_np`: an extension of glibc's, which its headers show to Swift only with `_GNU_SOURCE`.
    private static let getAttributes: GetAttributes? = {
        guard let program = dlopen(nil, RTLD_NOW), let symbol = dlsym(program, "pthread_getattr_np") else { return nil }
        return unsafeBitCast(symbol, to: GetAttributes.self)
    }()

    private let range: Range<UInt>

    /// `nil` where the system does not say.
    init?() {
        var attributes = pthread_attr_t()
        guard let get = Self.getAttributes, get(pthread_self(), &attributes) == 0 else { return nil }
        defer { pthread_attr_destroy(&attributes) }
        var lowest: UnsafeMutableRawPointer?
        var size = 0
        guard pthread_attr_getstack(&attributes, &lowest, &size) == 0 else { return nil }
        let start = UInt(bitPattern: lowest)
        range = start..<start + UInt(size)
    }

    /// Whether so little is left that nothing more should be called. Never on a stack that is not the thread's own, as
    /// coroutines and sanitizers have them: about those nothing is known.
    var isShort: Bool {
        var here: UInt8 = 0
        let position = withUnsafePointer(to: &here) { UInt(bitPattern: $0) }
        return range.contains(position) && position - range.lowerBound < Self.reserve
    }
}
