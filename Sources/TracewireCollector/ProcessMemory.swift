internal import Glibc

/// The memory of this process, as Linux counts it (proc(5), `/proc/self/statm`).
enum ProcessMemory {
    /// Bytes resident now; 0 where the system does not say.
    static var residentBytes: Int64 {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
        let fields = line.prefix { $0 != 0 }.split(separator: CChar(UInt8(ascii: " ")))
        guard fields.count > 1 else { return 0 }
        let pages = fields[1].reduce(Int64(0)) { $0 * 10 + Int64($1) - 48 }
        return pages * Int64(getpagesize())
    }
}
