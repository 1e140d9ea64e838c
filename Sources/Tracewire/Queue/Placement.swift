/// What an attempt to append came to, and what is left to do outside of the lock.
struct Placement {
    enum Outcome {
        case queued
        case closed
        /// The limits are reached.
        case full
        /// There is room, but no segment that has it.
        case needsSegment
    }

    let outcome: Outcome
    var wake: Appended.Wake?
    /// Whether another segment should be made.
    var wantsSpare = false
    /// Whether the oldest payloads should go now.
    var wantsStripping = false
    /// Whether payloads were shed to make room, which nobody was told yet.
    var isFirstShed = false
    /// A segment that somebody else has made needless.
    var unused: Segment?
    /// Given back with this: a system call.
    var unloaded: SegmentMemory?

    init(_ outcome: Outcome) {
        self.outcome = outcome
    }
}
