#if Metrics
    public import Metrics
    internal import NIOCore
    internal import Synchronization

    extension TracewireClient {
        /// Reports what the client counts to swift-metrics: every `interval` and, for the last time, by
        /// ``shutdown(timeout:)``.
        ///
        /// ```swift
        /// let client = TracewireClient()
        /// client.reportMetrics()
        /// ```
        ///
        /// | metric | is |
        /// | --- | --- |
        /// | `tracewire_client_records_recorded` | records taken into the queue |
        /// | `tracewire_client_records_committed` | of those, the ones that are durable at the collector |
        /// | `tracewire_client_records_parked`, `_rejected` | of those, the ones that the collector keeps apart |
        /// | `tracewire_client_records_refused` | records that could never be accepted, and were not sent |
        /// | `tracewire_client_records_shed` | records for which a full queue had no room, by `kind`; one that is recorded after all stays counted |
        /// | `tracewire_client_payloads_shed` | records that lost their payload so, by `kind` |
        /// | `tracewire_client_reconnects` | connections after the first |
        /// | `tracewire_client_raw_bytes_sent`, `tracewire_client_wire_bytes_sent` | bytes of batches before compression, and as sent |
        /// | `tracewire_client_queued_bytes` | a meter: bytes that wait for their acknowledgement |
        /// | `tracewire_client_spooled_bytes` | a meter: of those, the ones in the spool's files |
        ///
        /// Recording costs no more for it: the sums are looked at on the client's event loop. Where this is called a
        /// second time, nothing changes. Needs the package trait `Metrics`.
        ///
        /// - Parameters:
        ///   - factory: what makes the metrics; by default that of `MetricsSystem`.
        ///   - dimensions: what tells this client from others of the process.
        ///   - interval: 10 s; at least 1 ms.
        public func reportMetrics(
            to factory: any MetricsFactory = MetricsSystem.factory, dimensions: [(String, String)] = [],
            every interval: Duration = .seconds(10)
        ) {
            let isFirst = core.metrics.withLock { metrics in
                guard metrics == nil else { return false }
                metrics = ClientMetrics(factory, dimensions)
                return true
            }
            guard isFirst else { return }
            core.reportMetrics(every: max(interval, .milliseconds(1)))
        }
    }

    extension ClientCore {
        fileprivate func reportMetrics(every interval: Duration) {
            let time = TimeAmount(interval)
            // It holds the core until the sender has stopped, which a client that is let go of sees to.
            sender.eventLoop.scheduleRepeatedTask(initialDelay: time, delay: time) { task in
                self.updateMetrics()
                if self.sender.currentCounts.isStopped { task.cancel() }
            }
        }

        func updateMetrics() {
            guard let metrics = metrics.withLock({ $0 }) else { return }
            metrics.update { (statistics, queue.spooledBytes) }
        }
    }
#endif
