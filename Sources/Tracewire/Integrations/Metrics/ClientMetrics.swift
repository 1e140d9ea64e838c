#if Metrics
    internal import Metrics
    internal import Synchronization
    internal import TracewireProtocol

    /// Tells swift-metrics what a client has counted since it was told last.
    ///
    /// The client counts for itself, wherever it records and sends; this only looks at the sums from time to time, so that
    /// whoever records pays nothing for it.
    final class ClientMetrics: Sendable {
        private let told: Mutex<Told>
        private let queuedBytes: Meter
        private let spooledBytes: Meter

        /// The counters with what each was told; under one lock, so that nothing is told twice.
        private struct Told {
            var recorded, committed, parked, rejected, refused, reconnects, rawBytes, wireBytes: RunningCounter
            var shed: [EventKind: RunningCounter]
            var payloadsShed: [EventKind: RunningCounter]
        }

        init(_ factory: any MetricsFactory, _ dimensions: [(String, String)]) {
            func counter(_ name: String, _ more: [(String, String)] = []) -> RunningCounter {
                RunningCounter(
                    Counter(label: "tracewire_client_" + name, dimensions: dimensions + more, factory: factory))
            }
            func counters(_ name: String) -> [EventKind: RunningCounter] {
                let pairs = EventKind.allCases.map { ($0, counter(name, [("kind", $0.rawValue)])) }
                return Dictionary(uniqueKeysWithValues: pairs)
            }
            told = Mutex(
                Told(
                    recorded: counter("records_recorded"), committed: counter("records_committed"),
                    parked: counter("records_parked"), rejected: counter("records_rejected"),
                    refused: counter("records_refused"), reconnects: counter("reconnects"),
                    rawBytes: counter("raw_bytes_sent"), wireBytes: counter("wire_bytes_sent"),
                    shed: counters("records_shed"), payloadsShed: counters("payloads_shed")))
            queuedBytes = Meter(label: "tracewire_client_queued_bytes", dimensions: dimensions, factory: factory)
            spooledBytes = Meter(label: "tracewire_client_spooled_bytes", dimensions: dimensions, factory: factory)
        }

        /// - Parameter read: is called under the lock, so that what was read first is told first.
        func update(_ read: () -> (statistics: ClientStatistics, spooledBytes: Int)) {
            told.withLock { told in
                let (statistics, spooledBytes) = read()
                told.recorded.reach(statistics.recorded)
                told.committed.reach(statistics.committed)
                told.parked.reach(statistics.parked)
                told.rejected.reach(statistics.rejected)
                told.refused.reach(statistics.refused)
                told.reconnects.reach(statistics.reconnects)
                told.rawBytes.reach(Int(clamping: statistics.rawBytesSent))
                told.wireBytes.reach(Int(clamping: statistics.wireBytesSent))
                for (kind, count) in statistics.shed { told.shed[kind]?.reach(count) }
                for (kind, count) in statistics.payloadsShed { told.payloadsShed[kind]?.reach(count) }
                queuedBytes.set(statistics.queuedBytes)
                self.spooledBytes.set(spooledBytes)
            }
        }
    }

    /// A counter that is told sums.
    private struct RunningCounter {
        private let counter: Counter
        private var told = 0

        init(_ counter: Counter) {
            self.counter = counter
            // So that it exists, at 0, before something happens.
            counter.increment(by: 0)
        }

        /// Counts up to `sum`. A sum that falls, as that of the shed records when one is recorded after all, changes
        /// nothing: counters only rise.
        mutating func reach(_ sum: Int) {
            guard sum > told else { return }
            counter.increment(by: sum - told)
            told = sum
        }
    }
#endif
