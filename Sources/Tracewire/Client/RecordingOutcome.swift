public import TracewireProtocol

/// What became of a record at once. Recording never waits and never throws.
public enum RecordingOutcome: Equatable, Sendable {
    /// It waits in the queue to be sent. Where there was no room for all of it, or it is too large for the queue, it waits
    /// without its payload, which is counted (``ClientStatistics/payloadsShed``).
    case queued
    /// The queue is full: the record is lost, and counted. A step of a workflow or node is recorded without its payload as
    /// soon as there is room for the next one, and is no longer counted then.
    case shed
    /// The client was shut down, or is switched off (``TracewireConfiguration/isEnabled``).
    case closed
    /// The record can never be accepted: too large even without its payload, or an illegal transition of a handle. It is
    /// lost, and counted.
    case refused(RecordFault)
}
