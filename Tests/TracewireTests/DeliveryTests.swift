import Testing
import Tracewire
import TracewireProtocol

@Suite(.timeLimit(.minutes(5))) struct DeliveryTests {
    @Test(arguments: [TracewireConfiguration.Compression.stream, .frame, .none])
    func `what is recorded arrives, and flush says so`(compression: TracewireConfiguration.Compression) async throws {
        let collector = try await FakeCollector.start()
        var configuration = TracewireConfiguration.test(port: collector.port)
        configuration.compression = compression
        configuration.clientName = "a test"
        let client = TracewireClient(configuration)
        let records = (0..<50).map { Record.payload(2000, node: $0 + 1) }
        for record in records { #expect(client.record(record) == .queued) }
        async let flushed = client.flush(timeout: .seconds(30))

        let connection = try await collector.connection()
        let hello = try await connection.welcome()
        #expect(hello.clientName == "a test")
        #expect(hello.producer != .zero)
        #expect(hello.epoch == 1)
        #expect(hello.nextSequence == 1)
        #expect(hello.offeredFeatures.contains(.grease))
        var received: [UInt8] = []
        while received.count < 50 * 2000 {
            let batch = try await connection.batch()
            received += batch.bytes
            try await connection.acknowledge(batch.sequence)
        }
        var expected = WireWriter()
        for record in records { expected.appendBatchEntry(record) }
        #expect(received == expected.bytes)

        let report = await flushed
        #expect(report.committed == 50)
        #expect(report.isComplete)
        let statistics = client.statistics
        #expect(statistics.rawBytesSent == UInt64(expected.count))
        #expect((statistics.wireBytesSent < statistics.rawBytesSent / 4) == (compression != .none))
        #expect(statistics.queuedBytes == 0)
        _ = await client.shutdown(timeout: .seconds(30))
    }

    @Test func `a report tells committed, parked, rejected and unknown apart`() async throws {
        let collector = try await FakeCollector.start()
        let client = TracewireClient(.test(port: collector.port))
        for name in ["a", "b", "c"] { client.record(.user(name)) }
        let connection = try await collector.connection()
        try await connection.welcome()
        let batch = try await connection.batch()
        try #require(batch.usernames == ["a", "b", "c"])
        let rejected = Verdict(
            sequence: 1, index: 1, code: .conflictingDuplicate, message: "user b has another e-mail address")
        try await connection.acknowledge(
            1, [rejected, Verdict(sequence: 1, index: 2, code: .parked, message: "waits")])
        let first = await client.flush(timeout: .seconds(30))
        #expect(first.committed == 1)
        #expect(first.parked == 1)
        #expect(first.rejections == [Rejection(kind: .user, identity: "b", verdict: rejected)])
        #expect(!first.isComplete)

        client.record(.user("d"))
        _ = try await connection.batch()
        let second = await client.flush(timeout: .milliseconds(1))
        #expect(second.unknown == 1)
        #expect(second.rejected == 1)
        _ = await client.shutdown(timeout: .zero)
    }

    @Test func `a batch larger than the credit goes out as credit comes`() async throws {
        let collector = try await FakeCollector.start()
        let client = TracewireClient(.test(port: collector.port))
        client.record(.payload(100_000))
        let connection = try await collector.connection()
        try await connection.welcome(credit: 16 << 10)
        let first = try await connection.frame()
        #expect(first.body.count == 16 << 10)
        #expect(first.header.flags.contains(.more))
        try await connection.send(.credit, Credit(50_000))
        let second = try await connection.frame()
        #expect(second.body.count == 50_000 - (16 << 10))
        try await connection.send(.credit, Credit(1 << 20))
        let third = try await connection.frame()
        #expect(!third.header.flags.contains(.more))
        #expect(third.header.sequence == 1)
        let batch = try IncomingBatch(
            producer: .zero, epoch: 0, sequence: 1, bytes: first.body + second.body + third.body)
        #expect(batch.events.count == 1)
        try await connection.acknowledge(1)
        #expect(await client.shutdown(timeout: .seconds(30)).isComplete)
    }

    @Test func `not more batches are under way than configured`() async throws {
        let collector = try await FakeCollector.start()
        var configuration = TracewireConfiguration.test(port: collector.port)
        configuration.batchesInFlight = 2
        configuration.batchRecords = 1
        let client = TracewireClient(configuration)
        for name in ["a", "b", "c"] { client.record(.user(name)) }
        let connection = try await collector.connection()
        try await connection.welcome()
        #expect(try await connection.batch().sequence == 1)
        #expect(try await connection.batch().sequence == 2)
        // A third batch would come before this answer.
        try await connection.send(.ping, [UInt8]())
        #expect(try await connection.frame().header.type == .pong)
        try await connection.acknowledge(1)
        #expect(try await connection.batch().sequence == 3)
        try await connection.acknowledge(3)
        #expect(await client.shutdown(timeout: .seconds(30)).committed == 3)
    }

    @Test func `batches keep to a collector's smaller limits, and what fits into none is reported`() async throws {
        let collector = try await FakeCollector.start()
        let client = TracewireClient(.test(port: collector.port))
        for name in ["a", "b", "c"] { client.record(.user(name)) }
        client.record(.user(String(repeating: "x", count: 5000)))
        let connection = try await collector.connection()
        var limits = SessionLimits()
        limits.batchRecords = 2
        limits.recordBytes = 1024
        try await connection.welcome(limits: limits)
        #expect(try await connection.batch().usernames == ["a", "b"])
        #expect(try await connection.batch().usernames == ["c"])
        try await connection.acknowledge(2)
        let report = await client.flush(timeout: .seconds(30))
        #expect(report.committed == 3)
        #expect(report.rejected == 0)
        #expect(report.refused == 1)
        #expect(report.oversized == 1)
        #expect(report.rejections.map(\.verdict.code) == [.tooLarge])
        #expect(report.rejections.map(\.isKeptByCollector) == [false])
        #expect(report.unknown == 0)
        #expect(!report.isComplete)
        _ = await client.shutdown(timeout: .seconds(30))
    }

    @Test func `a client that is switched off records nothing and connects to nobody`() async {
        var configuration = TracewireConfiguration()
        configuration.isEnabled = false
        configuration.port = 1
        let client = TracewireClient(configuration)
        #expect(client.record(.user("a")) == .closed)
        let report = await client.shutdown(timeout: .seconds(30))
        #expect(report == DeliveryReport())
    }

    @Test func `after shutdown nothing is taken, and the connection is closed`() async throws {
        let collector = try await FakeCollector.start()
        let client = TracewireClient(.test(port: collector.port))
        client.record(.user("a"))
        async let report = client.shutdown(timeout: .seconds(30))
        let connection = try await collector.connection()
        try await connection.welcome()
        try await connection.acknowledge(connection.batch().sequence)
        #expect(await report.isComplete)
        await connection.closed()
        #expect(client.record(.user("b")) == .closed)
    }

    @Test func `shutdown waits for the collector in a task that was cancelled, too`() async throws {
        let collector = try await FakeCollector.start()
        let client = TracewireClient(.test(port: collector.port))
        client.record(.user("a"))
        let shutdown = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await client.shutdown(timeout: .seconds(30))
        }
        let connection = try await collector.connection()
        try await connection.welcome()
        try await connection.acknowledge(connection.batch().sequence)
        #expect(await shutdown.value.isComplete)
    }

    @Test func `a client that is let go of still sends what it holds`() async throws {
        let collector = try await FakeCollector.start()
        var configuration = TracewireConfiguration.test(port: collector.port)
        configuration.exitDrain = .seconds(30)
        do {
            let client = TracewireClient(configuration)
            client.record(.user("last words"))
        }
        let connection = try await collector.connection()
        try await connection.welcome()
        let batch = try await connection.batch()
        #expect(batch.usernames == ["last words"])
        try await connection.acknowledge(batch.sequence)
        await connection.closed()
    }

    @Test func `waiting for room ends when the collector has taken some`() async throws {
        let collector = try await FakeCollector.start()
        var configuration = TracewireConfiguration.test(port: collector.port)
        configuration.memoryLimit = 64 << 10
        let client = TracewireClient(configuration)
        while client.record(.payload(8000)) == .queued {}
        async let room: Void = client.waitForRoom(bytes: 8600)
        let connection = try await collector.connection()
        try await connection.welcome()
        try await connection.acknowledge(connection.batch().sequence)
        await room
        #expect(client.record(.payload(8000)) == .queued)
        #expect(client.statistics.shed == [.nodeEnd: 1])
        _ = await client.shutdown(timeout: .zero)
    }

    @Test func `waiting for room ends when the client is shut down`() async {
        var configuration = TracewireConfiguration()
        configuration.memoryLimit = 64 << 10
        configuration.spool = .memory
        configuration.port = 1
        let client = TracewireClient(configuration)
        while client.record(.payload(8000)) == .queued {}
        async let room: Void = client.waitForRoom(bytes: 8600)
        let report = await client.shutdown(timeout: .zero)
        await room
        #expect(report.shed == 1)
        #expect(report.unknown > 0)
    }

    @Test func `a small record behind a large one arrives without being asked for`() async throws {
        let collector = try await FakeCollector.start()
        let client = TracewireClient(.test(port: collector.port))
        let records =
            [Record.payload(10, node: 1)]
            + (1...20).flatMap {
                [Record.payload(200_000, node: 2 * $0), Record.payload(10, node: 2 * $0 + 1)]
            }
        #expect(client.record(records[0]) == .queued)
        let connection = try await collector.connection()
        _ = try await connection.welcome()
        try await connection.acknowledge(try await connection.batch().sequence)
        // The connection is idle before each pair: the large record seals a batch of its own.
        for pair in 0..<20 {
            let both = records[(1 + 2 * pair)...(2 + 2 * pair)]
            var expected = WireWriter()
            for record in both { expected.appendBatchEntry(record) }
            for record in both { #expect(client.record(record) == .queued) }
            var received: [UInt8] = []
            while received.count < expected.count {
                let batch = try await connection.batch()
                received += batch.bytes
                try await connection.acknowledge(batch.sequence)
            }
            #expect(received == expected.bytes)
        }
        #expect(await client.shutdown(timeout: .seconds(20)).isComplete)
    }
}
