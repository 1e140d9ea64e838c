internal import Tracewire
internal import TracewireProtocol

extension ConnectionOptions {
    /// Runs `body` with a connection to the collector that is named, and closes it.
    ///
    /// - Throws: ``CommandFailure``, `noCollector` if nobody answers there; or what `body` throws.
    func withCollector<Result>(_ body: (RemoteCollector) async throws -> Result) async throws -> Result {
        try await RemoteCollector.with(try await address(), access: try access(), body)
    }

    /// The first of the addresses where somebody answers; the last one if nobody does.
    func address() async throws -> CollectorAddress {
        let (first, others) = try addresses()
        var candidate = first
        for next in others {
            guard try await !isThere(candidate) else { break }
            candidate = next
        }
        return candidate
    }

    private func isThere(_ address: CollectorAddress) async throws -> Bool {
        do {
            try await RemoteCollector.with(address, access: try access()) { _ in }
            return true
        } catch let failure as CommandFailure where failure.exit == .noCollector {
            return false
        }
    }

    /// For what goes through the SDK, which tries the addresses itself.
    func apply(to configuration: inout TracewireConfiguration) throws {
        (configuration.address, configuration.fallbacks) = try addresses()
        let access = try access()
        (configuration.token, configuration.tls) = (access.token, access.tls)
    }
}

/// A collector, asked over its protocol.
struct RemoteCollector: Answering {
    private let client: QueryClient

    static func with<Result>(
        _ address: CollectorAddress, access: CollectorAccess, _ body: (RemoteCollector) async throws -> Result
    ) async throws -> Result {
        let client: QueryClient
        do throws(TracewireError) {
            client = try await QueryClient.connect(
                host: address.host, port: address.port, token: access.token, tls: access.tls, clientName: "tracewire")
        } catch {
            throw CommandFailure(error, at: address)
        }
        do {
            let result = try await body(RemoteCollector(client: client))
            await client.close()
            return result
        } catch {
            await client.close()
            throw error
        }
    }

    func ask(
        _ request: Query.Request, limits: QuestionLimits, columns: (AnswerColumns) throws -> Void,
        row: ([Value]) throws -> Void
    ) async throws {
        let waiting = WaitingLine()
        defer { waiting.end() }
        do {
            let answer = try await client.run(
                request, timeout: limits.timeout, maximumRows: limits.maximumRows, maximumBytes: limits.maximumBytes)
            try columns(AnswerColumns(answer.columns))
            var isFirst = true
            for try await values in answer.rows {
                if isFirst { waiting.end() }
                isFirst = false
                try row(values)
            }
        } catch let error as TracewireError {
            if error.code == .unknownReport, case .report(let name, _) = request {
                throw CommandFailure(
                    .failed,
                    "the collector knows no report '\(name)': it is older than this program; upgrade it, or use the "
                        + "program of its version (\(error.code))", code: error.code)
            }
            throw CommandFailure(error)
        }
    }

    /// Returns when something was committed behind that position.
    func watch(after position: Int64) async throws {
        do {
            _ = try await client.watch(after: UInt64(clamping: position))
        } catch let error as TracewireError {
            throw CommandFailure(error)
        }
    }
}

extension CommandFailure {
    init(_ error: TracewireError) {
        let isAbsent = [.noCollector, .unresolvedHost, .untrustedCollector, .tlsFailed].contains(error.reason)
        let code = error.code == .ok || isAbsent ? "" : " (\(error.code))"
        let isPassing = [.noCollector, .connectionLost].contains(error.reason) || error.retryAfter != nil
        self.init(
            isAbsent ? .noCollector : .failed, error.message + code, code: error.code, isPassing: isPassing)
    }

    /// Why there is no connection to `address`, with what a person at a command line can do about it.
    init(_ error: TracewireError, at address: CollectorAddress) {
        if error.code == .tlsRequired {
            self.init(
                .failed,
                "the collector at \(address) speaks TLS only: say --tls, and --tls-ca FILE where no authority of this system has "
                    + "signed its certificate", code: error.code)
            return
        }
        guard error.reason == .noCollector, error.code == .ok else {
            self.init(error)
            return
        }
        self.init(
            .noCollector,
            "no collector at \(address): start one with 'tracewire serve', or name another with --connect or "
                + "TRACEWIRE_CONNECT", isPassing: true)
    }
}
