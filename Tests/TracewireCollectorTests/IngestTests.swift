import Testing
import TracewireCollector
import TracewireProtocol
import TracewireZstd

@Suite("Ingest over a socket")
struct IngestTests {
    @Test("a batch is acknowledged when a query sees it", arguments: Compression.allCases)
    func acknowledged(compression: Compression) async throws {
        try await withServingCollector { port, _ in
            let peer = try RawPeer(port: port)
            let welcome = try peer.open(windowLog: 20)
            #expect(welcome.lastCommittedSequence == 0)
            #expect(welcome.features == [.zstdFrame, .zstdStream])
            var compressor = try ZstdCompressor(windowLog: welcome.streamWindowLog)
            for (index, record) in [Sample.start(), Sample.generation(prompt: "안녕"), Sample.end()].enumerated() {
                let raw = RawPeer.body([record])
                let body =
                    switch compression {
                    case .none: raw
                    case .frame: try compressor.compressFrame(raw.span)
                    case .stream: try compressor.compressStream(raw.span)
                    }
                let sequence = UInt64(index + 1)
                try peer.send(
                    .batch, flags: FrameFlags(compression), sequence: sequence, body: body, rawLength: raw.count)
                let (acknowledged, ack) = try peer.acknowledgement()
                #expect(acknowledged == sequence)
                #expect(ack.verdicts.isEmpty)
                #expect(ack.credit >= welcome.credit)
            }
            #expect(try peer.sql("SELECT status FROM workflows") == [[.text("completed")]])
            #expect(try peer.sql("SELECT user_prompt FROM generations") == [[.text("안녕")]])
        }
    }

    @Test("bad records get verdicts, and the rest of their batch goes through")
    func verdicts() async throws {
        try await withServingCollector { port, _ in
            let peer = try RawPeer(port: port)
            try peer.open()
            var unknownStatus = WorkflowEnd<String>()
            unknownStatus.workflow = Sample.workflow
            unknownStatus.status = 99
            var other = NodeSkip()
            other.node = Identifier(milliseconds: 5)
            other.workflow = Sample.workflow
            try peer.batch(
                1,
                [
                    Sample.start(), Record(atMs: 2, event: .workflowEnd(unknownStatus)), Sample.end(),
                    Sample.end(.failed), Record(atMs: 3, event: .nodeSkip(other)),
                    Record(atMs: 1, event: .user(User(username: "kim"))),
                ])
            let (sequence, ack) = try peer.acknowledgement()
            #expect(sequence == 1)
            #expect(ack.verdicts.map(\.index) == [1, 3, 4])
            #expect(ack.verdicts.map(\.code) == [.unknownStatus, .illegalTransition, .parked])
            let sentence = try #require(ack.verdicts.first { $0.code == .illegalTransition }?.message)
            for part in ["completed", "failed", Sample.workflow.description] { #expect(sentence.contains(part)) }
            #expect(
                try peer.sql("SELECT status, (SELECT COUNT(*) FROM users) FROM workflows") == [
                    [.text("completed"), .integer(1)]
                ])
            #expect(try peer.sql("SELECT COUNT(*) FROM rejected_records") == [[.integer(2)]])
        }
    }

    @Test("a batch sent again is acknowledged and applied once, over a new connection too")
    func exactlyOnce() async throws {
        try await withServingCollector { port, _ in
            let first = try RawPeer(port: port)
            try first.open()
            let records = [Sample.start(), Sample.generation(prompt: "p")]
            for _ in 0..<2 {
                try first.batch(1, records)
                #expect(try first.acknowledgement().sequence == 1)
            }
            let second = try RawPeer(port: port)
            #expect(try second.open(epoch: 2).lastCommittedSequence == 1)
            #expect(try first.farewell(.goaway) == .staleEpoch)
            try second.batch(1, records)
            try second.batch(2, [Sample.end()])
            var last = try second.acknowledgement().sequence
            if last < 2 { last = try second.acknowledgement().sequence }
            #expect(last == 2)
            #expect(try second.sql("SELECT COUNT(*) FROM generations") == [[.integer(1)]])
            #expect(try second.sql("SELECT COUNT(*) FROM rejected_records") == [[.integer(0)]])
        }
    }

    @Test("each connection of a producer ends the one before, also when an older one has gone meanwhile")
    func newestOnly() async throws {
        try await withServingCollector { port, _ in
            var newest = try RawPeer(port: port)
            try newest.open()
            for epoch in 2...4 as ClosedRange<UInt64> {
                let next = try RawPeer(port: port)
                try next.open(epoch: epoch)
                #expect(try newest.farewell(.goaway) == .staleEpoch)
                newest.hangUp()
                newest = next
            }
            #expect(try newest.sql("SELECT 1") == [[.integer(1)]])
        }
    }

    @Test("a producer that the store does not know, and an epoch that it has seen, are refused with their codes")
    func producers() async throws {
        try await withServingCollector { port, _ in
            func refusal(epoch: UInt64, next: UInt64, _ producer: Identifier) throws -> Code {
                let peer = try RawPeer(port: port)
                var hello = Hello(clientName: "p")
                hello.producer = producer
                hello.epoch = epoch
                hello.nextSequence = next
                try peer.send(.hello, body: hello.encoded())
                return try peer.farewell(.refuse)
            }
            let known = Identifier(milliseconds: 9)
            let peer = try RawPeer(port: port)
            try peer.open(producer: known, epoch: 3)
            try peer.batch(1, [Sample.start()])
            _ = try peer.acknowledgement()
            #expect(try refusal(epoch: 3, next: 1, known) == .staleEpoch)
            #expect(try refusal(epoch: 4, next: 7, known) == .sequenceGap)
            #expect(try refusal(epoch: 1, next: 2, Identifier(milliseconds: 10)) == .producerExpired)
        }
    }

    @Test("a prompt of 20 MB crosses in frames, under credit, and comes back whole; an empty one too")
    func largeValues() async throws {
        try await withServingCollector { port, _ in
            let peer = try RawPeer(port: port)
            var credit = Int(try peer.open().credit)
            let prompt = String(repeating: "가나다라", count: 20_000_000 / 12)
            let empty = Identifier(milliseconds: 77)
            let body = RawPeer.body([
                Sample.start(), Sample.generation(prompt: prompt), Sample.generation(prompt: "", empty),
            ])
            var sent = 0
            while sent < body.count {
                while credit == sent {
                    let (header, body) = try peer.receive()
                    try #require(header.type == .credit)
                    credit = max(credit, Int(try Credit(decoding: body.span).credit))
                }
                let count = min(credit - sent, Limits.frameRawBytes, body.count - sent)
                let isLast = sent + count == body.count
                try peer.send(.batch, flags: isLast ? [] : .more, sequence: 1, body: Array(body[sent..<(sent + count)]))
                sent += count
            }
            #expect(try peer.acknowledgement().sequence == 1)
            let lengths = try peer.sql("SELECT length(CAST(user_prompt AS BLOB)) FROM generations ORDER BY id")
            #expect(lengths == [[.integer(Int64(prompt.utf8.count))], [.integer(0)]])
            #expect(try peer.sql("SELECT user_prompt FROM generations WHERE id = 1") == [[.text(prompt)]])
        }
    }

    @Test("what was acknowledged is there after a restart, and the producer goes on where it was")
    func restart() async throws {
        let directory = try TemporaryDirectory()
        try await withServingCollector(directory: directory) { port, _ in
            let peer = try RawPeer(port: port)
            try peer.open()
            try peer.batch(1, [Sample.start()])
            #expect(try peer.acknowledgement().sequence == 1)
        }
        try await withServingCollector(directory: directory) { port, _ in
            let peer = try RawPeer(port: port)
            #expect(try peer.open(epoch: 2, nextSequence: 2).lastCommittedSequence == 1)
            #expect(try peer.sql("SELECT COUNT(*) FROM workflows") == [[.integer(1)]])
        }
    }

    @Test("a stopping collector acknowledges what has come, says goodbye, and closes")
    func draining() async throws {
        try await withServingCollector { port, collector in
            let peer = try RawPeer(port: port)
            try peer.open()
            for sequence in 1...20 {
                let workflow = Identifier(milliseconds: Int64(sequence))
                try peer.batch(UInt64(sequence), [Sample.start(workflow)])
            }
            // The answer to a ping shows that the collector has read all that was sent before it.
            try peer.send(.ping, sequence: 1)
            var last: UInt64 = 0
            var hasPong = false
            while !hasPong {
                let (header, _) = try peer.receive()
                if header.type == .ack { last = header.sequence }
                hasPong = header.type == .pong
            }
            let stopping = Task { await collector.stop() }
            var farewell: Farewell?
            while true {
                guard let (header, body) = try? peer.receive() else { break }
                if header.type == .ack { last = header.sequence }
                if header.type == .goaway { farewell = try Farewell(decoding: body.span) }
            }
            withExtendedLifetime(stopping) {}
            #expect(last == 20)
            #expect(farewell?.code == .shuttingDown)
            #expect((farewell?.retryAfterMs ?? 0) > 0)
        }
    }

    @Test("a thousand idle connections stand beside one that works")
    func idleConnections() async throws {
        try await withServingCollector { port, _ in
            var idle: [RawPeer] = []
            for index in 0..<1000 {
                let peer = try RawPeer(port: port)
                try peer.open(producer: Identifier(milliseconds: Int64(index + 10)))
                idle.append(peer)
            }
            let peer = try RawPeer(port: port)
            let welcome = try peer.open(windowLog: 20)
            #expect(welcome.credit >= UInt64(Limits.smallestCredit))
            try peer.batch(1, [Sample.start()])
            #expect(try peer.acknowledgement().sequence == 1)
            try idle[500].batch(1, [Sample.end()])
            #expect(try idle[500].acknowledgement().sequence == 1)
            #expect(try peer.sql("SELECT status FROM workflows") == [[.text("completed")]])
        }
    }

    @Test("connections that end while the writer has their work give back what they held")
    func hangingUp() async throws {
        try await withServingCollector { port, _ in
            for index in 0..<20 {
                let peer = try RawPeer(port: port)
                var hello = Hello(clientName: "gone")
                hello.producer = Identifier(milliseconds: Int64(index))
                hello.epoch = 1
                hello.nextSequence = 1
                try peer.send(.hello, body: hello.encoded())
                if index.isMultiple(of: 2) {
                    _ = try peer.receive()
                    try peer.batch(1, [Sample.start(Identifier(milliseconds: Int64(index)))])
                }
                peer.hangUp()
            }
            let peer = try RawPeer(port: port)
            try peer.openForQueries()
            var figures: [[Value]] = []
            for _ in 0..<10_000 {
                try peer.ask(.report(name: "status", arguments: [:]))
                figures = try peer.answer().rows
                if figures.contains([.text("connections"), .integer(1)]) { break }
            }
            #expect(figures.contains([.text("connections"), .integer(1)]))
            #expect(figures.contains([.text("credit_bytes_granted"), .integer(0)]))
            #expect(figures.contains([.text("queue_bytes"), .integer(0)]))
        }
    }
}
