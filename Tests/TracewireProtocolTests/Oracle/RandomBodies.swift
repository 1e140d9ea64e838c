import TracewireProtocol

extension RandomValues {
    /// One body of each type but `BATCH`, and the name of its message.
    mutating func bodies() -> [(name: String, body: any DescribedBody)] {
        [
            ("Hello", hello()), ("Welcome", welcome()), ("Refuse", farewell()), ("Goaway", farewell()), ("Ack", ack()),
            ("Credit", Credit(integer())), ("Query", query()), ("Watch", WatchRequest(after: integer())),
            ("Columns", columns()), ("Rows", rows()), ("Summary", summary()),
        ]
    }

    private mutating func hello() -> Hello {
        var hello = Hello(clientName: text())
        hello.minimumVersion = integer()
        hello.maximumVersion = integer()
        hello.offeredFeatures = Features(rawValue: integer())
        hello.requiredFeatures = Features(rawValue: integer())
        hello.token = text()
        hello.producer = identifier()
        hello.epoch = integer()
        hello.nextSequence = integer()
        hello.streamWindowLog = integer()
        return hello
    }

    private mutating func welcome() -> Welcome {
        var welcome = Welcome(
            features: Features(rawValue: integer()), credit: integer(), lastCommittedSequence: integer(),
            streamWindowLog: integer(), collectorName: text())
        welcome.version = integer()
        welcome.limits.frameWireBytes = integer()
        welcome.limits.frameRawBytes = integer()
        welcome.limits.batchBytes = integer()
        welcome.limits.batchRecords = integer()
        welcome.limits.recordBytes = integer()
        welcome.limits.valueBytes = 1
        return welcome
    }

    private mutating func farewell() -> Farewell {
        Farewell(code: Code(rawValue: integer()), message: text(), retryAfterMs: integer())
    }

    private mutating func ack() -> Ack {
        var ack = Ack(credit: integer())
        for _ in 0..<below(5) {
            ack.verdicts.append(
                Verdict(
                    sequence: integer(), index: integer(), code: Code(rawValue: integer()), message: text(),
                    retryable: chance(50), retryAfterMs: integer()))
        }
        return ack
    }

    private mutating func value() -> Value {
        switch below(5) {
        case 0: .null
        case 1: .integer(integer())
        case 2: .real(double())
        case 3: .text(text())
        default: .blob(bytes())
        }
    }

    private mutating func query() -> Query {
        var arguments: [String: Value] = [:]
        var parameters: [Value] = []
        for _ in 0..<below(5) {
            arguments[text()] = value()
            parameters.append(value())
        }
        return Query(
            chance(50) ? .report(name: text(), arguments: arguments) : .sql(text: text(), parameters: parameters),
            credit: integer(), timeoutMs: integer(), maximumRows: integer(), maximumBytes: integer())
    }

    private mutating func columns() -> Columns {
        Columns((0..<below(6)).map { _ in Column(name: text(), declaredType: text()) })
    }

    private mutating func rows() -> Rows {
        Rows((0..<below(6)).map { _ in (0..<below(6)).map { _ in value() } })
    }

    private mutating func summary() -> Summary {
        Summary(
            code: Code(rawValue: integer()), message: text(), rows: integer(), bytes: integer(), elapsedUs: integer(),
            retryAfterMs: integer(), position: integer())
    }
}
