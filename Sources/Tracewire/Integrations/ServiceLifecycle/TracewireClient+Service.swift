#if ServiceLifecycle
    internal import Logging
    public import ServiceLifecycle

    /// A client is a service: it waits, and when the program shuts down it delivers what is left.
    ///
    /// Services are shut down in the reverse of the order in which they are given, so that the client, given first, is
    /// the last one to end, and what the others record on their way out is still delivered:
    ///
    /// ```swift
    /// let client = TracewireClient()
    /// let group = ServiceGroup(services: [client, planner], gracefulShutdownSignals: [.sigterm], logger: logger)
    /// try await group.run()
    /// ```
    ///
    /// Needs the package trait `ServiceLifecycle`.
    extension TracewireClient: Service {
        /// How long ``run()`` waits for the collector at the end: 5 s.
        public static let serviceShutdownTimeout: Duration = .seconds(5)

        /// Waits until the program is shut down gracefully or the task is cancelled, and runs
        /// ``shutdown(timeout:)`` with ``serviceShutdownTimeout`` then.
        public func run() async {
            await run(shutdownTimeout: Self.serviceShutdownTimeout)
        }

        /// The same with another time, for a `ClosureService`.
        ///
        /// The logger hears of what could not be delivered as a warning. It is no error: nothing else in the program
        /// should end for it.
        ///
        /// - Parameter shutdownTimeout: how long to wait for the collector at the end, whether or not the task was
        ///   cancelled.
        public func run(shutdownTimeout: Duration) async {
            // It throws when the task is cancelled, which is an end like the other one.
            try? await gracefulShutdown()
            log(await shutdown(timeout: shutdownTimeout))
        }

        private func log(_ report: DeliveryReport) {
            if report.isComplete {
                core.logger.debug("tracewire: shut down, all is delivered", metadata: report.logMetadata)
            } else {
                core.logger.warning(
                    "tracewire: shut down, and not everything was delivered", metadata: report.logMetadata)
            }
        }
    }

    extension DeliveryReport {
        /// The counts that are not 0, and what went wrong with the connection.
        fileprivate var logMetadata: Logger.Metadata {
            let counts = [
                ("committed", committed), ("parked", parked), ("rejected", rejected), ("shed", shed),
                ("payloads_shed", payloadsShed), ("refused", refused), ("unknown", unknown), ("spooled", spooled),
                ("unreadable", unreadable),
            ]
            var metadata: Logger.Metadata = [:]
            for (name, count) in counts where count > 0 { metadata[name] = "\(count)" }
            if let error { metadata["error"] = "\(error)" }
            return metadata
        }
    }
#endif
