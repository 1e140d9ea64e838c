internal import Logging
internal import NIOCore
internal import NIOPosix
internal import TracewireProtocol

extension SegmentFiles {
    /// Those of a client: a new spool in the directory that its configuration names, or memory where that cannot be made.
    static func forClient(_ configuration: TracewireConfiguration, _ logger: Logger) -> SegmentFiles {
        guard configuration.isEnabled, case .directory(let directory) = configuration.spool else {
            return inBackground(nil, logger)
        }
        do throws(SpoolError) {
            return inBackground(try spool(in: directory, configuration), logger)
        } catch {
            say(.inMemory(error), logger)
            return inBackground(nil, logger)
        }
    }

    /// A new spool. Whoever tidies up may be in the way for a moment, so a failure is not believed at once.
    private static func spool(
        in directory: String, _ configuration: TracewireConfiguration
    ) throws(SpoolError) -> Spool {
        func make() throws(SpoolError) -> Spool {
            try Spool.create(
                in: directory, Identifier(milliseconds: WallClock.nowMs()), configuration.destination,
                limit: configuration.spoolLimit)
        }
        for _ in 1..<spoolAttempts {
            if let spool = try? make() { return spool }
        }
        return try make()
    }

    private static let spoolAttempts = 3

    /// Files whose reading, making and removing is left to NIO's threads for that.
    static func inBackground(_ spool: Spool?, _ logger: Logger) -> SegmentFiles {
        SegmentFiles(
            spool, background: { work in NIOThreadPool.singleton.submit { _ in work() } },
            later: { work in MultiThreadedEventLoopGroup.singleton.next().scheduleTask(in: .seconds(1), work) },
            trouble: { say($0, logger) })
    }

    static func say(_ trouble: Trouble, _ logger: Logger) {
        switch trouble {
        case .inMemory(let error):
            logger.warning(
                "tracewire: the spool cannot be used; records are held in memory, and are lost if the process dies",
                metadata: ["reason": "\(error)"])
        case .damage(let error):
            logger.error("tracewire: records in the spool are lost", metadata: ["reason": "\(error)"])
        }
    }
}

extension TracewireConfiguration {
    /// What tells spools of one collector from those of another.
    var destination: String { address.description }
}
