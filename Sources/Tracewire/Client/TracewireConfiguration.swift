internal import TracewireProtocol

/// What a client needs to know. Every value has a default that suits a service beside its collector.
public struct TracewireConfiguration: Sendable {
    /// How batches are compressed, as far as the collector can do it.
    public enum Compression: Sendable {
        /// One zstd stream for the connection: consecutive states cost their difference. The default.
        case stream
        /// Every batch alone.
        case frame
        case none
    }

    /// How long to wait before connecting again. Each wait is drawn at random from its upper half.
    public struct Backoff: Equatable, Sendable {
        /// After the first failure: 100 ms.
        public var initial: Duration = .milliseconds(100)
        /// It doubles up to this: 10 s.
        public var maximum: Duration = .seconds(10)
        /// After a refusal that only a person can resolve, such as a wrong token: 60 s.
        public var rare: Duration = .seconds(60)

        public init() {}
    }

    /// The collector: 127.0.0.1.
    public var host = CollectorAddress.standard.host
    /// 4747.
    public var port = CollectorAddress.standard.port
    /// Where the collector is, too: tried in this order when it cannot be reached at ``address``, or ends the connection; none.
    /// They should lead to the same database: records of one workflow that come to two collectors wait there for each other.
    public var fallbacks: [CollectorAddress] = []
    /// For people, in the collector's logs and `tracewire status`: "tracewire-swift".
    public var clientName = "tracewire-swift"
    /// What the collector asks for; `nil` where it asks for none. It is never logged.
    public var token: String?
    /// Whether connections are encrypted, and whom the client trusts then; `nil`, the default, for no TLS.
    public var tls: TracewireTLS?
    /// Whether anything is recorded: true. A client that is switched off costs next to nothing.
    public var isEnabled = true

    /// How many of the workflows are recorded, from 0 for none to 1 for all: 1. It is decided once, when a workflow begins,
    /// for all that belongs to it.
    public var sampleRate = 1.0
    /// Bytes of one value, such as a state or a prompt: 8 MiB. Of a longer text as much is recorded, and a mark that says so;
    /// in the place of longer JSON a mark alone. From 1 KiB to ``Limits/valueBytes``.
    public var valueLimit = 8 << 20
    /// Is given each value before anything of it is written, and returns what is recorded in its place; `nil` for nothing.
    /// By default values are recorded as they are.
    ///
    /// It runs on the thread that records, so it should be quick. Names, users and e-mail addresses are not values.
    public var mask: (@Sendable (_ field: PayloadField, _ value: String) -> String?)?

    /// Where records wait until they are acknowledged: ``Spool/standard``. Where no file can be made there, in memory, which
    /// the logger hears of.
    public var spool = Spool.standard
    /// Bytes of encoded records held in the spool's files: 1 GiB. What does not fit is shed and counted, payloads before
    /// the records of what happened. At least 64 KiB. What other processes hold in the same directory is taken off, down to an
    /// eighth; where they hold as much as this, records wait in memory.
    public var spoolLimit = 1 << 30
    /// The same for records that are held in memory: 64 MiB. At least 64 KiB.
    public var memoryLimit = 64 << 20
    /// Size of a file of the spool: 1 MiB. From 64 KiB to 64 MiB. A larger record has one of its own.
    public var segmentBytes = 1 << 20
    /// Size at which a batch is sent at once: 256 KiB. From 1 KiB to 64 MiB.
    public var batchBytes = 256 << 10
    /// Most records in a batch: 1,024. From 1 to 4,096.
    public var batchRecords = 1024
    /// How long a record waits for others at most before it is sent: 50 ms.
    public var batchDelay: Duration = .milliseconds(50)
    /// Batches under way without an acknowledgement: 16. At least 1.
    public var batchesInFlight = 16
    public var compression = Compression.stream
    /// The window asked for a stream, as a power of two: 20 (1 MiB). From 10 to 23.
    public var streamWindowLog = 20

    /// How long connecting and opening the session may take: 5 s.
    public var connectTimeout: Duration = .seconds(5)
    /// After this time without a word the collector is asked whether it is there, and given up after as long again:
    /// 15 s.
    public var silenceTimeout: Duration = .seconds(15)
    public var backoff = Backoff()
    /// How long a client goes on sending in the background after it was let go of without
    /// ``TracewireClient/shutdown(timeout:)``: 2 s.
    public var exitDrain: Duration = .seconds(2)

    public init() {}

    /// Where the collector is, as one value.
    public var address: CollectorAddress {
        get { CollectorAddress(host: host, port: port) }
        set { (host, port) = (newValue.host, newValue.port) }
    }

    var queueLimits: QueueLimits {
        QueueLimits(
            memory: memoryLimit, disk: spoolLimit, batchBytes: batchBytes, batchRecords: batchRecords,
            segmentBytes: segmentBytes)
    }

    /// The values in the ranges that their documentation names.
    var clamped: TracewireConfiguration {
        var configuration = self
        configuration.memoryLimit = max(memoryLimit, 64 << 10)
        configuration.spoolLimit = max(spoolLimit, 64 << 10)
        configuration.segmentBytes = min(max(segmentBytes, 64 << 10), 64 << 20)
        configuration.valueLimit = min(max(valueLimit, 1 << 10), Limits.valueBytes - PayloadPolicy.longestMark)
        configuration.batchBytes = min(max(batchBytes, 1 << 10), 64 << 20)
        configuration.batchRecords = min(max(batchRecords, 1), Limits.batchRecords)
        configuration.batchesInFlight = max(batchesInFlight, 1)
        configuration.streamWindowLog = min(max(streamWindowLog, Limits.smallestWindowLog), Limits.largestWindowLog)
        return configuration
    }
}

extension TracewireConfiguration: CustomStringConvertible {
    /// Where it goes and who it is, without the token.
    public var description: String {
        "\(clientName) → \(address)\(tls == nil ? "" : " over TLS")\(token == nil ? "" : " with a token")\(isEnabled ? "" : ", switched off")"
    }
}

extension TracewireConfiguration: CustomReflectable {
    /// `dump` and debuggers see what ``description`` says, so that the token stays out of logs.
    public var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}
