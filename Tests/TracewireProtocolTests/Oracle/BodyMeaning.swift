import TracewireProtocol

/// A body other than a batch, as the oracle sees it.
protocol DescribedBody: MessageBody {
    func describe(in meaning: inout Meaning)
}

extension DescribedBody {
    var meaning: Meaning {
        var meaning = Meaning()
        describe(in: &meaning)
        return meaning
    }
}

extension Hello: DescribedBody {
    func describe(in meaning: inout Meaning) {
        meaning.plain("minimum_version", minimumVersion)
        meaning.plain("maximum_version", maximumVersion)
        meaning.plain("offered_features", offeredFeatures.rawValue)
        meaning.plain("required_features", requiredFeatures.rawValue)
        meaning.plain("client_name", clientName)
        meaning.plain("token", token)
        meaning.identifier("producer", producer)
        meaning.plain("epoch", epoch)
        meaning.plain("next_sequence", nextSequence)
        meaning.plain("stream_window_log", streamWindowLog)
    }
}

extension Welcome: DescribedBody {
    func describe(in meaning: inout Meaning) {
        meaning.plain("version", version)
        meaning.plain("features", features.rawValue)
        meaning.object("limits")
        meaning.plain("limits.frame_wire_bytes", limits.frameWireBytes)
        meaning.plain("limits.frame_raw_bytes", limits.frameRawBytes)
        meaning.plain("limits.batch_bytes", limits.batchBytes)
        meaning.plain("limits.batch_records", limits.batchRecords)
        meaning.plain("limits.record_bytes", limits.recordBytes)
        meaning.plain("limits.value_bytes", limits.valueBytes)
        meaning.plain("credit", credit)
        meaning.plain("last_committed_sequence", lastCommittedSequence)
        meaning.plain("stream_window_log", streamWindowLog)
        meaning.plain("collector_name", collectorName)
    }
}

extension Farewell: DescribedBody {
    func describe(in meaning: inout Meaning) {
        meaning.plain("code", code.rawValue)
        meaning.plain("message", message)
        meaning.plain("retry_after_ms", retryAfterMs)
    }
}

extension Ack: DescribedBody {
    func describe(in meaning: inout Meaning) {
        for (index, verdict) in verdicts.enumerated() {
            let path = "verdicts.\(index)"
            meaning.object(path)
            meaning.plain("\(path).sequence", verdict.sequence)
            meaning.plain("\(path).index", verdict.index)
            meaning.plain("\(path).code", verdict.code.rawValue)
            meaning.plain("\(path).message", verdict.message)
            if verdict.retryable { meaning.text("\(path).retryable", "true") }
            meaning.plain("\(path).retry_after_ms", verdict.retryAfterMs)
        }
        meaning.plain("credit", credit)
    }
}

extension Credit: DescribedBody {
    func describe(in meaning: inout Meaning) {
        meaning.plain("credit", credit)
    }
}

extension WatchRequest: DescribedBody {
    func describe(in meaning: inout Meaning) {
        meaning.plain("after", after)
    }
}

extension Query: DescribedBody {
    func describe(in meaning: inout Meaning) {
        switch request {
        case .report(let name, let arguments):
            meaning.object("report")
            meaning.plain("report.name", name)
            for (index, argument) in arguments.sorted(by: { $0.key < $1.key }).enumerated() {
                let path = "report.arguments.\(index)"
                meaning.object(path)
                meaning.plain("\(path).name", argument.key)
                if argument.value != .null { argument.value.describe(in: &meaning, "\(path).value") }
            }
        case .sql(let text, let parameters):
            meaning.object("sql")
            meaning.plain("sql.text", text)
            for (index, value) in parameters.enumerated() {
                value.describe(in: &meaning, "sql.parameters.\(index)")
            }
        }
        meaning.plain("credit", credit)
        meaning.plain("timeout_ms", timeoutMs)
        meaning.plain("maximum_rows", maximumRows)
        meaning.plain("maximum_bytes", maximumBytes)
    }
}

extension Value {
    fileprivate func describe(in meaning: inout Meaning, _ path: String) {
        meaning.object(path)
        switch self {
        case .null: break
        case .integer(let value): meaning.number("\(path).integer", value)
        case .real(let value): meaning.double("\(path).real", value)
        case .text(let value): meaning.text("\(path).text", value)
        case .blob(let value): meaning.bytes("\(path).blob", value)
        }
    }
}

extension Columns: DescribedBody {
    func describe(in meaning: inout Meaning) {
        for (index, column) in columns.enumerated() {
            meaning.object("columns.\(index)")
            meaning.plain("columns.\(index).name", column.name)
            meaning.plain("columns.\(index).declared_type", column.declaredType)
        }
    }
}

extension Rows: DescribedBody {
    func describe(in meaning: inout Meaning) {
        for (index, row) in rows.enumerated() {
            meaning.object("rows.\(index)")
            for (place, value) in row.enumerated() {
                value.describe(in: &meaning, "rows.\(index).values.\(place)")
            }
        }
    }
}

extension Summary: DescribedBody {
    func describe(in meaning: inout Meaning) {
        meaning.plain("code", code.rawValue)
        meaning.plain("message", message)
        meaning.plain("rows", rows)
        meaning.plain("bytes", bytes)
        meaning.plain("elapsed_us", elapsedUs)
        meaning.plain("retry_after_ms", retryAfterMs)
        meaning.plain("position", position)
    }
}
