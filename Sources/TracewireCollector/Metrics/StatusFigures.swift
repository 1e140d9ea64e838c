internal import TracewireProtocol

extension StatusFigure {
    /// In the order of the report: what the store counts, then what the collector does.
    static let all = stored + process + connections + ingest + retention + queries + trouble

    private static let stored = [
        counts("users", .gauge("users"), "Users that are stored."),
        counts("workflows", .none, "Workflows that are stored."),
        workflows(.running), workflows(.completed), workflows(.failed), workflows(.cancelled),
        counts("nodes", .gauge("nodes"), "Nodes that are stored."),
        counts("generations", .gauge("generations"), "Calls of models that are stored."),
        counts(
            "producers", .gauge("producers"), "Clients that are remembered, so that nothing of them is applied twice."),
        counts("rejected_records", .gauge("rejected_records"), "Rejected records that are kept."),
        counts("parked_records", .gauge("parked_records"), "Records that wait for a parent."),
        counts("database_bytes", .gauge("database", .bytes), "Size of the database file."),
        counts("wal_bytes", .gauge("wal", .bytes), "Size of the database's write-ahead log."),
        counts(
            "segment_ratio", .gauge("segment_ratio"),
            "Bytes of the values in the newest segments, for each byte that these take."),
        counts("sqlite_version", .info(label: "sqlite_version"), "What the collector is made of."),
        counts("schema_version", .info(label: "schema_version"), "What the collector is made of."),
    ]

    private static func workflows(_ status: Status) -> StatusFigure {
        counts(
            "workflows_\(status.name)", .gauge("workflows", label: Label(name: "status", value: status.name)),
            "Workflows that are stored, by status.")
    }

    private static let process: [StatusFigure] = [
        own("collector", .none, "The collector's name.") { .text($0.name) },
        own("uptime_ms", .gauge("uptime", .milliseconds), "Time since the collector started.") {
            .integer($0.uptimeMs)
        }.about(.collector),
        own("resident_bytes", .gauge("resident_memory", .bytes), "Memory of the collector that is resident.") {
            .integer($0.residentBytes)
        }.about(.collector),
        own("disk_free_bytes", .gauge("disk_free", .bytes), "Room on the file system of the database.") {
            $0.diskFreeBytes.map(Value.integer) ?? .null
        }.about(.collector),
        own(
            "tls_certificate_expires_ms", .gauge("tls_certificate_expires_timestamp", .milliseconds),
            "When the certificate that new connections get ends, since 1970."
        ) { $0.certificateExpiresMs.map(Value.integer) ?? .null }.about(.greeting),
    ]

    private static let connections: [StatusFigure] = [
        ownCount("connections", .gauge("connections"), "Connections that are open.") {
            $0.counted.connections
        }.about(.connections),
        ownCount("connections_total", .counter("connections_opened"), "Connections that were opened.") {
            $0.counted.connectionsTotal
        }.about(.connections),
        ownCount(
            "connections_refused", .counter("connections_refused"), "Connections that were too many, or came too late."
        ) {
            $0.counted.connectionsRefused
        }.about(.collector),
        ownCount(
            "offences", .counter("offences"),
            "Connections that broke the protocol, showed a token that does not hold, or failed in the TLS handshake."
        ) { $0.counted.offences }.about(.collector),
        ownCount(
            "connections_shut_out", .counter("connections_shut_out"),
            "Connections that were closed as they came, because those of their address had offended too often."
        ) { $0.counted.connectionsShutOut }.about(.collector),
        ownCount("wire_bytes_received", .counter("wire_received", .bytes), "Bytes received, as they were sent.") {
            $0.counted.bytesReceived
        }.about(.connections),
    ]

    private static let ingest: [StatusFigure] = [
        ownCount("batches", .counter("batches"), "Batches that were committed.") { $0.counted.batches },
        ownCount("batch_bytes", .counter("batch", .bytes), "Bytes of the batches that were committed, uncompressed.") {
            $0.counted.batchBytes
        },
        ownCount("batches_duplicate", .counter("batches_duplicate"), "Batches that had been committed before.") {
            $0.counted.duplicateBatches
        },
        ownCount("records", .counter("records"), "Records of the batches that were committed.") { $0.counted.records },
        ownCount("records_rejected", .counter("records_rejected"), "Records that were kept as rejected.") {
            $0.counted.rejected
        },
        ownCount("records_parked", .counter("records_parked"), "Records that had to wait for a parent.") {
            $0.counted.parked
        },
        ownCount("commits", .counter("commits"), "Transactions that were committed.") { $0.counted.commits },
        ownCount("commits_failed", .counter("commits_failed"), "Transactions that failed.") {
            $0.counted.commitsFailed
        },
        ownCount("queue_bytes", .gauge("queue", .bytes), "Bytes of batches that wait for the writer.") {
            $0.queueBytes
        },
        ownCount("credit_bytes_granted", .gauge("credit_granted", .bytes), "Bytes that clients may send.") {
            $0.creditBytesGranted
        }.about(.collector),
    ]

    private static let retention: [StatusFigure] = [
        own("retain_seconds", .gauge("retain_seconds"), "How long workflows are kept after their end.") {
            $0.retain.map { .integer($0.components.seconds) } ?? .null
        }.about(.collector),
        own("max_disk_bytes", .gauge("max_disk", .bytes), "What the database's files may take.") {
            $0.maximumDiskBytes.map(Value.integer) ?? .null
        }.about(.collector),
        ownCount(
            "workflows_pruned_for_age", .counter("workflows_pruned_for_age"),
            "Workflows that were removed because they had ended so long ago."
        ) { $0.counted.retention.workflowsForAge },
        ownCount(
            "workflows_pruned_for_room", .counter("workflows_pruned_for_room"),
            "Workflows that were removed because the database took more room than it may."
        ) { $0.counted.retention.workflowsForRoom },
        ownCount(
            "records_forgotten", .counter("records_forgotten"),
            "Rejected and waiting records that were removed because they had come so long ago."
        ) { $0.counted.retention.records },
        own("last_pruned_at", .none, "When something was removed by itself for the last time.") {
            $0.counted.retention.lastMs.map(Value.integer) ?? .null
        },
    ]

    private static let queries: [StatusFigure] = [
        ownCount("queries", .counter("queries"), "Queries that were asked.") { $0.counted.queries }.about(.connections),
        ownCount("queries_failed", .counter("queries_failed"), "Queries that had no whole answer.") {
            $0.counted.queriesFailed
        }.about(.connections),
        ownCount("queries_stalled", .gauge("queries_stalled"), "Queries that wait for their clients.") {
            $0.counted.queriesStalled
        }.about(.connections),
    ]

    private static let trouble: [StatusFigure] = [
        own("records_per_second", .none, "Records committed in the last minute, for each second.") {
            .real(($0.counted.rate.rate().records * 10).rounded() / 10)
        },
        own("batch_bytes_per_second", .none, "Bytes committed in the last minute, for each second.") {
            .integer(Int64($0.counted.rate.rate().bytes))
        },
        own(
            "oldest_unacknowledged_ms", .gauge("oldest_unacknowledged", .milliseconds),
            "How long the oldest batch that has arrived waits for its commit; 0 if none does."
        ) { .integer($0.oldestUnacknowledged?.wholeMilliseconds ?? 0) },
        own("store_error", .failing("store_failing"), "Whether the last commit failed.") {
            $0.counted.lastStoreError.map(Value.text) ?? .null
        }.about(.trouble),
        own("maintenance_error", .failing("maintenance_failing"), "Whether the last step of maintenance failed.") {
            ($0.counted.maintenanceError ?? $0.counted.retention.error).map(Value.text) ?? .null
        }.about(.trouble),
        own("disk_shortage", .failing("disk_over_budget"), "Whether the database takes more room than it may.") {
            $0.counted.retention.shortage.map { .text($0.rawValue) } ?? .null
        },
        own("tls_error", .failing("tls_failing"), "Whether changed files for TLS could not be used.") {
            $0.certificateFailure.map(Value.text) ?? .null
        }.about(.collector),
        own("tokens_error", .failing("tokens_failing"), "Whether the changed tokens file could not be read.") {
            $0.tokensFailure.map(Value.text) ?? .null
        }.about(.collector),
    ]
}
