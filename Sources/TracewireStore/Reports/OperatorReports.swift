internal import TracewireProtocol

// What an operator looks after.
extension Reports {
    /// Newest first; with what is needed to find a record, and without the record.
    static let rejected = Report(
        name: "rejected", arguments: [.beforeID, .limit(50)],
        text: { conditions in
            """
            SELECT id, uuid_text(producer) AS producer, sequence, record_index, kind, identity, code, message, received_at,
                length(record) AS bytes
            FROM rejected_records WHERE \(conditions) ORDER BY id DESC LIMIT :limit
            """
        })

    /// `record` is the record as it was sent: a `Record` of `protocol/tracewire.proto`.
    static let rejectedRecord = Report(
        name: "rejected_record",
        arguments: [Report.Argument(name: "id", kind: .integer, isRequired: true, condition: "id = :id")],
        text: { conditions in
            """
            SELECT id, uuid_text(producer) AS producer, sequence, record_index, kind, identity, code, message, received_at,
                record
            FROM rejected_records WHERE \(conditions)
            """
        },
        emptyFault: QueryFault(.notFound, "there is no rejected record with that id"))

    static let parked = Report(
        name: "parked", arguments: [.beforeID, .limit(50)],
        text: { conditions in
            """
            SELECT id, uuid_text(producer) AS producer, sequence, record_index, kind, identity, waits_for_kind, waits_for,
                received_at, length(record) AS bytes
            FROM parked_records WHERE \(conditions) ORDER BY id DESC LIMIT :limit
            """
        })

    /// Like `rejected_record`, of a record that waits.
    static let parkedRecord = Report(
        name: "parked_record",
        arguments: [Report.Argument(name: "id", kind: .integer, isRequired: true, condition: "id = :id")],
        text: { conditions in
            """
            SELECT id, uuid_text(producer) AS producer, sequence, record_index, kind, identity, waits_for_kind, waits_for,
                received_at, record
            FROM parked_records WHERE \(conditions)
            """
        },
        emptyFault: QueryFault(.notFound, "there is no parked record with that id"))

    /// Figures by name, of which rollups give those of the tables that grow without bound. The reader binds what only it
    /// knows: the files' sizes and the schema's version.
    static let counts = Report(
        name: "counts", arguments: [],
        text: { _ in
            """
            WITH totals (cells) AS MATERIALIZED (\(RollupText.everything(.totals))),
                node_totals (cells) AS MATERIALIZED (\(RollupText.everything(.nodes))),
                call_totals (cells) AS MATERIALIZED (\(RollupText.everything(.models)))
            SELECT 'users' AS name, (\(count("totals", .user))) AS value
            UNION ALL SELECT 'workflows', (\(count("totals", .running, .completed, .failed, .cancelled)))
            UNION ALL SELECT 'workflows_running', (\(count("totals", .running)))
            UNION ALL SELECT 'workflows_completed', (\(count("totals", .completed)))
            UNION ALL SELECT 'workflows_failed', (\(count("totals", .failed)))
            UNION ALL SELECT 'workflows_cancelled', (\(count("totals", .cancelled)))
            UNION ALL SELECT 'nodes', (\(count("node_totals", .pending, .running, .completed, .failed, .skipped)))
            UNION ALL SELECT 'generations', (\(count("call_totals", .call, .failedCall)))
            UNION ALL SELECT 'producers', (SELECT count(*) FROM producers)
            UNION ALL SELECT 'rejected_records', (\(count("totals", .rejected)))
            UNION ALL SELECT 'parked_records', (SELECT count(*) FROM parked_records)
            UNION ALL SELECT 'database_bytes', :database_bytes
            UNION ALL SELECT 'wal_bytes', :wal_bytes
            UNION ALL SELECT 'segment_ratio', (SELECT round(total(raw) / sum(stored), 2) FROM
                (SELECT raw_bytes AS raw, length(data) AS stored FROM segments ORDER BY start DESC LIMIT 256))
            UNION ALL SELECT 'sqlite_version', sqlite_version()
            UNION ALL SELECT 'schema_version', :schema_version
            """
        })

    private static func count(_ table: String, _ kinds: RollupKind...) -> String {
        "SELECT coalesce(\(RollupText.count(kinds)), 0) FROM \(table)"
    }
}
