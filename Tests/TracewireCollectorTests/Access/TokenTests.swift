import Testing
import TracewireProtocol

@testable import TracewireCollector

@Suite("Tokens at the door")
struct TokenTests {
    @Test("whoever shows no token, an unknown one or one that has expired is refused")
    func refusals() async throws {
        let tokens = try TokenFixture()
        let planner = try tokens.create(.ingest)
        let old = try tokens.create(.administration, expiresMs: 1)
        try await tokens.withCollector { port in
            #expect(try RawPeer.refusal(port: port, token: "").message.contains("asks for a token"))
            for wrong in ["x", planner.dropLast() + "_", "tw_\(planner.split(separator: "_")[1])_00"] {
                let farewell = try RawPeer.refusal(port: port, token: String(wrong))
                #expect(farewell.code == .unauthorized && farewell.message.contains("unknown"))
            }
            let expired = try RawPeer.refusal(port: port, token: old)
            #expect(expired.code == .unauthorized && expired.message.contains("expired"))
            try RawPeer(port: port).open(token: planner)
        }
    }

    @Test("without a demand for tokens nobody needs one, and a wrong one is refused all the same")
    func optional() async throws {
        let tokens = try TokenFixture()
        let planner = try tokens.create(.ingest)
        try await tokens.withCollector(setting: \.requiresTokens, false) { port in
            try RawPeer(port: port).open()
            try RawPeer(port: port).open(epoch: 2, token: planner)
            #expect(try RawPeer.refusal(port: port, token: planner + "0").code == .unauthorized)
        }
    }

    @Test("a token that only asks may not send, and one that only sends may not ask")
    func roles() async throws {
        let tokens = try TokenFixture()
        let (sender, reader) = (try tokens.create(.ingest), try tokens.create(.query))
        try await tokens.withCollector { port in
            let refused = try RawPeer.refusal(port: port, producer: RawPeer.producer, token: reader)
            #expect(refused.code == .unauthorized && refused.message.contains("ingest"))

            let sending = try RawPeer(port: port)
            try sending.open(token: sender)
            try sending.batch(1, [Sample.start()])
            #expect(try sending.acknowledgement().sequence == 1)
            for request in [
                Query.Request.sql(text: "SELECT 1", parameters: []), .report(name: "status", arguments: [:]),
            ] {
                try sending.ask(request)
                #expect(try sending.answer().summary.code == .notPermitted)
            }
            try sending.send(.watch, sequence: 2, body: WatchRequest(after: 0).encoded())
            #expect(try sending.answer().summary.code == .notPermitted)

            let reading = try RawPeer(port: port)
            try reading.openForQueries(token: reader)
            #expect(try reading.sql("SELECT count(*) FROM workflows") == [[.integer(1)]])
        }
    }

    @Test(
        "what changes the store, or writes a file, needs the role admin",
        arguments: ["rejected_retry", "rejected_discard", "parked_discard", "prune", "repair", "check", "backup"])
    func administration(report: String) async throws {
        let tokens = try TokenFixture()
        let (reader, admin) = (try tokens.create([.ingest, .query]), try tokens.create(.administration))
        try await tokens.withCollector { port in
            let arguments: [String: Value] =
                report == "backup" ? ["path": .text(tokens.directory.path + "/copy.db")] : [:]
            for (token, isPermitted) in [(reader, false), (admin, true)] {
                let peer = try RawPeer(port: port)
                try peer.openForQueries(token: token)
                try peer.ask(.report(name: report, arguments: arguments))
                #expect(try (peer.answer().summary.code != .notPermitted) == isPermitted)
            }
        }
    }

    @Test("a token that is made while the collector runs lets in, and one that is revoked ends what it let in")
    func revocation() async throws {
        let tokens = try TokenFixture()
        let configure = { (configuration: inout CollectorConfiguration) in
            // Connections are looked at four times in that time.
            configuration.stallTimeout = .milliseconds(400)
        }
        try await tokens.withCollector(where: configure) { port in
            let token = try tokens.create(.query)
            let other = try tokens.create(.query)
            let (peer, spared) = (try RawPeer(port: port), try RawPeer(port: port))
            try peer.openForQueries(token: token)
            try spared.openForQueries(token: other)
            try tokens.revoke(token)
            #expect(try peer.receive(.goaway, as: Farewell.self).code == .unauthorized)
            #expect(try RawPeer.refusal(port: port, token: token).code == .unauthorized)
            #expect(try spared.sql("SELECT 1") == [[.integer(1)]])
        }
    }

    @Test("connections that share a token are bounded, and one that ends makes room")
    func connections() async throws {
        let tokens = try TokenFixture()
        let (shared, other) = (try tokens.create(.query), try tokens.create(.query))
        try await tokens.withCollector(setting: \.tokenConnections, 2) { port in
            var peers = [try RawPeer(port: port), try RawPeer(port: port)]
            for peer in peers { try peer.openForQueries(token: shared) }
            let refused = try RawPeer.refusal(port: port, token: shared)
            #expect(refused.code == .tooManyConnections && refused.retryAfterMs > 0)
            try RawPeer(port: port).openForQueries(token: other)
            peers.removeLast()
            // Until the collector has seen the end of it.
            while true {
                let peer = try RawPeer(port: port)
                try peer.sendHello(producer: .zero, token: shared)
                if try peer.receive().header.type == .welcome { break }
            }
        }
    }

    @Test("one that other machines reach asks for tokens once there was one, however insecure it may be")
    func insecure() async throws {
        let tokens = try TokenFixture()
        let open: (inout CollectorConfiguration) -> Void = {
            ($0.requiresTokens, $0.allowsInsecure, $0.listenHost) = (false, true, "0.0.0.0")
            // Connections are looked at four times in that time.
            $0.stallTimeout = .milliseconds(400)
        }
        try await tokens.withCollector(where: open) { port in
            let standing = try RawPeer(port: port)
            try standing.openForQueries()
            let token = try tokens.create(.query)
            #expect(try standing.receive(.goaway, as: Farewell.self).code == .unauthorized)
            #expect(try RawPeer.refusal(port: port, token: "").code == .unauthorized)
            try RawPeer(port: port).openForQueries(token: token)
            try tokens.revoke(token)
            #expect(try RawPeer.refusal(port: port, token: "").code == .unauthorized)
        }
        let token = try tokens.create(.query)
        try await tokens.withCollector(where: open) { port in
            try RawPeer(port: port).openForQueries(token: token)
            #expect(try RawPeer.refusal(port: port, token: "").code == .unauthorized)
        }
    }

    @Test(
        "a collector that other machines reach does not start without a token, and neither with a tokens file that is none"
    )
    func demands() throws {
        let tokens = try TokenFixture()
        var configuration = CollectorConfiguration(databasePath: tokens.directory.path + "/traces.db")
        configuration.tokensPath = "/dev/null/tokens"
        #expect(throws: CollectorError.self) { try Collector(configuration, logger: TokenFixture.silence) }
        configuration.tokensPath = nil
        configuration.listenHost = "0.0.0.0"
        let error = #expect(throws: CollectorError.self) {
            try Collector(configuration, logger: TokenFixture.silence)
        }
        #expect(error?.code == .insecure)
    }

    @Test("TLS alone is not enough where other machines reach the collector, and a token is")
    func encryptedDemands() async throws {
        let certificates = try await Certificates()
        let tokens = try TokenFixture()
        var configuration = CollectorConfiguration(databasePath: tokens.directory.path + "/traces.db")
        certificates.secure(&configuration)
        configuration.listenHost = "0.0.0.0"
        let error = #expect(throws: CollectorError.self) {
            try Collector(configuration, logger: TokenFixture.silence)
        }
        #expect(error?.code == .insecure && error?.message.contains("tracewire token create") == true)
        #expect(error?.message.contains("/traces.db.tokens") == true)
        _ = try tokens.create(.query)
        let collector = try Collector(configuration, logger: TokenFixture.silence)
        // Also of whoever is on the machine itself.
        guard case .failure = collector.core.access.principal(token: "") else {
            Issue.record("nobody is asked for a token")
            return
        }
    }

    @Test(
        "what a token has sent over one connection, another one waits for; of a batch that never was whole, too",
        arguments: [true, false])
    func rateOverConnections(isWhole: Bool) async throws {
        let tokens = try TokenFixture()
        let (fast, other) = (try tokens.create(.ingest), try tokens.create(.ingest))
        // A batch takes half a minute then.
        try await tokens.withCollector(setting: \.tokenBytesPerSecond, 1_000) { port in
            let body = RawPeer.body([Sample.generation(prompt: String(repeating: "p", count: 30_000))])
            let send = { (token: String, producer: Int64) in
                let peer = try RawPeer(port: port)
                try peer.open(producer: Identifier(milliseconds: producer), token: token)
                try peer.send(.batch, sequence: 1, body: body)
                return peer
            }
            let first = try RawPeer(port: port)
            try first.open(producer: Identifier(milliseconds: 1), token: fast)
            try first.send(.batch, flags: isWhole ? [] : .more, sequence: 1, body: body)
            if isWhole {
                #expect(try first.acknowledgement().sequence == 1)
            } else {
                try first.send(.ping, sequence: 1)
                #expect(try first.receive().header.type == .pong)
            }
            first.hangUp()
            let second = try send(fast, 2)
            #expect(try send(other, 3).acknowledgement().sequence == 1)
            #expect(!second.hasInput(within: 500))
        }
    }

    @Test("who opens one connection after the other is told to come later, when its producers are more than its rate")
    func rateOfProducers() async throws {
        let tokens = try TokenFixture()
        let (fast, other) = (try tokens.create(.ingest), try tokens.create([.ingest, .query]))
        try await tokens.withCollector(setting: \.tokenBytesPerSecond, 10) { port in
            var farewell: Farewell?
            for number in 1...20 as ClosedRange<Int64> where farewell == nil {
                let peer = try RawPeer(port: port)
                try peer.sendHello(producer: Identifier(milliseconds: number), token: fast)
                let (header, body) = try peer.receive()
                if header.type == .refuse { farewell = try Farewell(decoding: body.span) }
            }
            #expect(farewell?.code == .tooManyConnections)
            #expect(farewell.map { $0.retryAfterMs > 60_000 } == true)
            try RawPeer(port: port).open(producer: Identifier(milliseconds: 21), token: other)
        }
    }

    @Test("no more than the beginning of a client's name is kept")
    func names() async throws {
        try await withServingCollector { port, _ in
            let peer = try RawPeer(port: port)
            var hello = Hello(clientName: String(repeating: "é", count: 7_000))
            (hello.producer, hello.epoch, hello.nextSequence) = (RawPeer.producer, 1, 1)
            try peer.send(.hello, body: hello.encoded())
            #expect(try peer.receive().header.type == .welcome)
            let length = try peer.sql("SELECT length(CAST(client_name AS BLOB)) FROM producers")
            #expect(length == [[.integer(Int64(Limits.clientNameBytes))]])
        }
    }

    @Test("a connection that waits for the rate of its token goes on when the time is over")
    func rateGoesOn() async throws {
        let tokens = try TokenFixture()
        let token = try tokens.create(.ingest)
        try await tokens.withCollector(setting: \.tokenBytesPerSecond, 1_000) { port in
            for number in 1...3 as ClosedRange<Int64> {
                let peer = try RawPeer(port: port)
                try peer.open(producer: Identifier(milliseconds: number), token: token)
                let prompt = String(repeating: "p", count: 1_000)
                try peer.batch(1, [Sample.generation(prompt: prompt, Identifier(milliseconds: 100 + number))])
                #expect(try peer.acknowledgement().sequence == 1)
            }
        }
    }
}
