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

    /// One row. The reader binds what only it knows: the files' sizes and the schema's version.
    static let counts = Report(
        name: "counts", arguments: [],
        text: { _ in
            """
            SELECT (SELECT count(*) FROM users) AS users, (SELECT count(*) FROM workflows) AS workflows,
                (SELECT count(*) FROM nodes) AS nodes, (SELECT count(*) FROM generations) AS generations,
                (SELECT count(*) FROM producers) AS producers,
                (SELECT count(*) FROM rejected_records) AS rejected_records,
                (SELECT count(*) FROM parked_records) AS parked_records,
                (SELECT count(*) FROM workflows WHERE status = 'running') AS running,
                (SELECT count(*) FROM workflows WHERE status = 'completed') AS completed,
                (SELECT count(*) FROM workflows WHERE status = 'failed') AS failed,
                (SELECT count(*) FROM workflows WHERE status = 'cancelled') AS cancelled,
                :database_bytes AS database_bytes, :wal_bytes AS wal_bytes,
                sqlite_version() AS sqlite_version, :schema_version AS schema_version
            """
        })
}
