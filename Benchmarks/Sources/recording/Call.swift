import CAllocations
import Glibc

/// What calls of one kind cost the thread that makes them.
struct Cost {
    /// Of the wall clock, in nanoseconds, the quickest first.
    private var latencies: [UInt32]
    private let processorNanoseconds: UInt64
    private let allocations: UInt64

    /// Makes `count` calls, after some that are not counted.
    static func measure(_ count: Int, _ call: (Int) -> Void) -> Cost {
        var latencies = [UInt32](repeating: 0, count: count)
        let processor = now(CLOCK_THREAD_CPUTIME_ID)
        let allocations = allocations_of_this_thread()
        for index in 0..<count {
            let start = now(CLOCK_MONOTONIC)
            call(index)
            latencies[index] = UInt32(clamping: now(CLOCK_MONOTONIC) - start)
        }
        return Cost(
            latencies: latencies, processorNanoseconds: now(CLOCK_THREAD_CPUTIME_ID) - processor,
            allocations: allocations_of_this_thread() - allocations)
    }

    static func merged(_ costs: [Cost]) -> Cost {
        Cost(
            latencies: costs.flatMap(\.latencies),
            processorNanoseconds: costs.reduce(0) { $0 + $1.processorNanoseconds },
            allocations: costs.reduce(0) { $0 + $1.allocations })
    }

    private static func now(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// One line of JSON.
    func line(_ name: String, threads: Int) -> String {
        let sorted = latencies.sorted()
        let calls = sorted.count
        func quantile(_ share: Double) -> UInt32 { sorted[min(calls - 1, Int(Double(calls) * share))] }
        let perCall = Double(allocations) / Double(calls)
        return """
            {"call":"\(name)","threads":\(threads),"calls":\(calls),"p50_ns":\(quantile(0.5)),"p99_ns":\(quantile(0.99)),\
            "p999_ns":\(quantile(0.999)),"max_ns":\(sorted[calls - 1]),\
            "cpu_ns":\(processorNanoseconds / UInt64(calls)),"allocations":\(perCall)}
            """
    }
}
