public import Logging
public import NIOCore
public import NIOPosix
internal import Synchronization
public import TracewireProtocol

/// Records what workflows do, and sends it to a collector in the background.
///
/// Recording copies into a bounded queue: it never waits, never throws and never takes its host down. Until the first
/// record nothing is connected. In a process that was forked off, the client records nothing.
///
/// ```swift
/// let client = TracewireClient()
/// await client.withWorkflow("date-planner", user: "mina") { workflow in
///     await workflow.withNode("extract_intent", type: "llm") { node in
///         node.setOutput(["area": "성수"])
///     }
/// }
/// let report = await client.shutdown(timeout: .seconds(5))
/// ```
public final class TracewireClient: Sendable {
    let core: ClientCore

    /// A client that does what its configuration says, whatever the environment says.
    ///
    /// - Parameters:
    ///   - configuration: values out of their range are moved into it.
    ///   - logger: hears of lost connections, refusals and shed records, each once until something else happens.
    ///   - eventLoopGroup: one of its loops does the sending; NIO's shared one unless told otherwise.
    public init(
        _ configuration: TracewireConfiguration,
        logger: Logger = Logger(label: "tracewire"),
        eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        core = ClientCore(configuration, logger: logger, eventLoop: eventLoopGroup.next())
    }

    /// A client that does what the process's environment says (``TracewireConfiguration/fromEnvironment()``).
    ///
    /// A variable that cannot be read does not stop the host, and nothing goes to another collector
    /// instead: nothing is recorded, the logger hears of it as an error, and every report says why.
    ///
    /// - Parameters:
    ///   - logger: as for a client with a configuration.
    ///   - eventLoopGroup: likewise.
    public convenience init(
        logger: Logger = Logger(label: "tracewire"),
        eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        do throws(TracewireError) {
            self.init(try .fromEnvironment(), logger: logger, eventLoopGroup: eventLoopGroup)
        } catch {
            var configuration = TracewireConfiguration()
            configuration.isEnabled = false
            self.init(configuration, logger: logger, eventLoopGroup: eventLoopGroup)
            core.sender.counts.withLock { $0.lastError = error.message }
            logger.error("tracewire: nothing is recorded: \(error.message)")
        }
    }

    deinit {
        guard !core.isForked else { return }
        core.finishRecording()
        core.adoption.stop()
        core.sender.drain(within: core.configuration.exitDrain)
    }

    /// Records one event as it is. The scoped and plain calls are made of this.
    @discardableResult
    public func record(_ record: Record<String>) -> RecordingOutcome {
        core.record(record)
    }

    /// Records a user, or the e-mail address of one who is known already.
    ///
    /// - Parameters:
    ///   - username: the identity; at most 1,024 bytes.
    ///   - email: unique where present.
    @discardableResult
    public func recordUser(username: String, email: String? = nil) -> RecordingOutcome {
        let outcome = core.record(.user(User(username: username, email: email)))
        if outcome == .queued { core.remember(username) }
        return outcome
    }

    /// Returns when the queue has room for a record of so many bytes, or the client is shut down: for senders in bulk
    /// that would rather wait than have records shed.
    ///
    /// - Parameter bytes: of the record's texts, and about 600 for the rest.
    public func waitForRoom(bytes: Int) async {
        let queue = core.queue
        if queue.hasRoom(bytes: bytes) || core.isForked { return }
        await core.waiters.wait(timeout: nil, on: core.sender.eventLoop) {
            queue.hasRoom(bytes: bytes) || queue.progress.isClosed
        }
    }

    /// Sends what waits, and returns when everything recorded before is answered, the time is over, or the task is
    /// cancelled. A connection that was lost is tried again at once, unless the collector has asked to be left alone.
    public func flush(timeout: Duration) async -> DeliveryReport {
        guard !core.isForked else { return .ofFork }
        await core.flush(timeout)
        return core.report
    }

    /// Takes no more records, sends what waits, closes the connection, and says what became of everything.
    ///
    /// It waits in a task that was cancelled, too, as that of a service which is being stopped.
    ///
    /// Where processes before this one have left something in the spool, that is delivered within the same time, too.
    ///
    /// - Parameter timeout: how long to wait for the collector. What is not answered then stays in the spool, for the next
    ///   client, or is lost where there is none.
    public func shutdown(timeout: Duration) async -> DeliveryReport {
        guard !core.isForked else { return .ofFork }
        let start = ContinuousClock.now
        core.queue.close(takesOwed: true)
        core.waiters.poke()
        await core.lastFlush(timeout)
        await core.giveUpOwed(timeout - start.duration(to: .now))
        core.close()
        await core.finishAdoption(timeout - start.duration(to: .now))
        await core.stopSending()
        return core.report
    }

    /// What the client has done so far.
    public var statistics: ClientStatistics { core.statistics }
}
