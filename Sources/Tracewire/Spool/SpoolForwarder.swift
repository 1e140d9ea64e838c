public import Logging
public import NIOCore
public import NIOPosix
internal import TracewireProtocol

/// Delivers what processes that are gone have left in a directory of spools, each under its own identity, so that nothing
/// which the collector has already is applied again.
public struct SpoolForwarder: Sendable {
    /// How long a connection may take to close.
    static let stopTimeout = Duration.seconds(10)

    private let configuration: TracewireConfiguration
    private let logger: Logger
    private let eventLoop: any EventLoop

    /// - Parameters:
    ///   - configuration: names the collector. Its own spool does not matter.
    ///   - logger: hears of lost connections and damaged files.
    ///   - eventLoopGroup: one of its loops does the sending.
    public init(
        _ configuration: TracewireConfiguration, logger: Logger = Logger(label: "tracewire"),
        eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        self.init(configuration, logger: logger, eventLoop: eventLoopGroup.next())
    }

    init(_ configuration: TracewireConfiguration, logger: Logger, eventLoop: any EventLoop) {
        (self.configuration, self.logger, self.eventLoop) = (configuration.clamped, logger, eventLoop)
    }

    /// The spools in `directory`, the oldest first, those of living processes among them.
    ///
    /// - Throws: `spool_unusable` if the directory cannot be read.
    public static func spools(in directory: String) throws(TracewireError) -> [String] {
        do throws(SpoolError) {
            return try SpoolDirectory.spools(in: directory)
        } catch {
            throw TracewireError(error)
        }
    }

    /// Delivers one spool, and removes it when everything in it is answered.
    ///
    /// - Parameters:
    ///   - path: one of ``spools(in:)``.
    ///   - patience: how long the collector may answer nothing before what is left stays where it is; `nil` for ever.
    public func forward(_ path: String, patience: Duration?) async -> ForwardedSpool {
        await forward(path, patience, onlyTo: nil)
    }

    /// - Parameter destination: spools of other collectors are left alone; `nil` for none.
    func forward(_ path: String, _ patience: Duration?, onlyTo destination: String?) async -> ForwardedSpool {
        var result = ForwardedSpool(path: path)
        let opened = try? await NIOThreadPool.singleton.runIfActive { OpenedSpool(path, onlyTo: destination) }
        switch opened {
        case nil, .notOurs: result.state = .inUse
        case .failed(let error): (result.state, result.error) = (.unreadable, "\(error)")
        case .opened(let spool, let recovered):
            for damage in recovered.damage { SegmentFiles.say(.damage(damage), logger) }
            result.damage = recovered.damage.map(\.description)
            await deliver(spool, recovered, patience, &result)
        }
        return result
    }

    /// Removes the spool of a process that is gone, if it holds nothing.
    func tidy(_ path: String) async {
        _ = try? await NIOThreadPool.singleton.runIfActive {
            guard SpoolDirectory.isEmpty(spool: path), let spool = try? Spool.take(path) else { return }
            // Its process may have gone on before it was locked.
            if SpoolDirectory.isEmpty(spool: path) { spool.remove() }
            spool.owner.release()
        }
    }

    private func deliver(
        _ spool: Spool, _ recovered: RecoveredSpool, _ patience: Duration?, _ result: inout ForwardedSpool
    ) async {
        let queue = RecordQueue(
            configuration.queueLimits, .inBackground(spool, logger), recovered: recovered)
        // But for the counts of what was shed.
        queue.close(takesOwed: true)
        let waiters = ConditionWaiters()
        let sender = BatchSender(configuration, queue: queue, waiters: waiters, logger: logger, eventLoop: eventLoop)
        _ = queue.reportShed(waitsForRoom: false)
        repeat {
            sender.flush()
            await wait(queue, waiters, patience)
        } while queue.isAnswered && queue.reportShed(waitsForRoom: false).reports > 0
        sender.stop()
        await waiters.waitDespiteCancellation(timeout: Self.stopTimeout, on: eventLoop) {
            sender.currentCounts.isStopped
        }
        result.finish(queue.counts, queue.progress, sender.currentCounts.lastError)
    }

    private func wait(_ queue: RecordQueue, _ waiters: ConditionWaiters, _ patience: Duration?) async {
        var last: UInt64?
        while !Task.isCancelled, !queue.isAnswered, queue.progress.answered != last {
            last = queue.progress.answered
            await waiters.wait(timeout: patience, on: eventLoop) { queue.isAnswered }
        }
    }
}

extension RecordQueue {
    fileprivate var isAnswered: Bool {
        let progress = progress
        return progress.answered >= progress.recorded
    }
}

/// A spool that was looked at.
private enum OpenedSpool: Sendable {
    case opened(Spool, RecoveredSpool)
    /// Its process lives, somebody else delivers it, or it goes elsewhere.
    case notOurs
    case failed(SpoolError)

    init(_ path: String, onlyTo destination: String?) {
        do throws(SpoolError) {
            // Seen before it is locked: whoever it is meant for must not find it taken.
            guard Self.goes(path, to: destination), let spool = try Spool.take(path),
                Self.goes(spool.owner.fields, to: destination)
            else {
                self = .notOurs
                return
            }
            let recovered = try RecoveredSpool(spool)
            for file in recovered.unreadable { spool.setAside(file) }
            self = .opened(spool, recovered)
        } catch {
            self = .failed(error)
        }
    }

    private static func goes(_ path: String, to destination: String?) -> Bool {
        destination == nil || OwnerFields(copiedFrom: path).map { goes($0, to: destination) } ?? true
    }

    /// Where nobody can read where it was to go, it goes where whoever found it sends.
    private static func goes(_ owner: OwnerFields, to destination: String?) -> Bool {
        destination == nil || owner.destination == nil || owner.destination == destination
    }
}
