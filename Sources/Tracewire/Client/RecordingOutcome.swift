public import TracewireProtocol

/// What became of a record at once. Recording never waits and never throws.
public enum RecordingOutcome: Equatable, Sendable {
    /// It waits in the queue to be sent. Where there was no room for all of it, or it is too large for the queue, it waits
    /// without its payload, which is counted (``ClientStatistics/payloadsShed``).
    case queued
    /// The queue is full: the record is lost, and counted. Not so a step of a workflow or node: it is recorded without its
    /// payload as soon as there is room, at the latest by ``TracewireClient/flush(timeout:)`` or
    /// ``TracewireClient/shutdown(timeout:)``, and is no longer counted then. Where more than 1,024 workflows and nodes
    /// wait for that, the others do so only with their own next record.
    case shed
    /// The client was shut down or is switched off (``TracewireConfiguration/isEnabled``), or the workflow is not among those
    /// that are recorded (``TracewireConfiguration/sampleRate``).
    case closed
    /// The record can never be accepted: too large even without its payload, or an illegal transition of a handle. It is
    /// lost, and counted.
    case refused(RecordFault)
}
