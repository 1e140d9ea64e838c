internal import Logging
internal import NIOConcurrencyHelpers
internal import TracewireProtocol

/// Decides who may come in. It reads the tokens file again whenever that has changed: what was made or revoked counts from
/// the next connection on, and open connections end within seconds of it (``Watchdog``).
///
/// While the file cannot be read, what was read before holds: a slip with its permissions must not shut out everybody. The
/// log says so once, and reading is tried again every second, and at once when the file changes. A file that is not there
/// has no tokens.
final class AccessControl: Sendable {
    /// How often an open connection's token is looked up again at most, and a file that could not be read is tried again
    /// as it is.
    private static let interval = Duration.seconds(1)

    private struct State {
        var tokens: [String: AccessToken]
        /// Whether there was one: whoever revokes the last lets nobody in by that. The file stays then.
        private(set) var hasHadTokens: Bool
        /// Of the file in which they are.
        var stamp: FileStamp? {
            didSet { hasHadTokens = hasHadTokens || stamp != nil }
        }
        var lookedAt = ContinuousClock.now
        var failure: Failure?

        init(tokens: [String: AccessToken], stamp: FileStamp?) {
            (self.tokens, self.stamp) = (tokens, stamp)
            hasHadTokens = stamp != nil
        }

        /// Whether the file, which has this stamp now, has to be read.
        func isStale(_ stamp: FileStamp?) -> Bool {
            guard let failure else { return self.stamp != stamp }
            return failure.stamp != stamp || failure.triedAt + AccessControl.interval <= .now
        }
    }

    /// That the file could not be read.
    private struct Failure {
        let stamp: FileStamp?
        let triedAt = ContinuousClock.now
        let reason: String
    }

    private let file: TokenFile
    /// Whether a token is asked for, if there are any.
    private let configuration: CollectorConfiguration
    private let logger: Logger
    private let state: NIOLockedValueBox<State>

    /// - Throws: `tokens` for a file that is none.
    init(_ configuration: CollectorConfiguration, logger: Logger) throws(CollectorError) {
        file = configuration.tokensFile
        self.configuration = configuration
        self.logger = logger
        let (list, stamp) = try file.read()
        state = NIOLockedValueBox(State(tokens: Self.table(list), stamp: stamp))
    }

    /// Whether there is no token with which anybody could come in.
    var hasNoTokens: Bool { state.withLockedValue { $0.tokens.isEmpty } }

    /// Why the tokens file could not be read; `nil` if it could.
    var failure: String? { state.withLockedValue { $0.failure?.reason } }

    /// Whether nobody comes in without a token, as far as is known.
    var demandsTokens: Bool { configuration.demandsTokens(hasTokens: state.withLockedValue { $0.hasHadTokens }) }

    /// Who shows this token, or none (empty).
    func principal(token text: String, nowMs: Int64 = WallClock.nowMs()) -> Result<Principal, ProtocolViolation> {
        look()
        guard !text.isEmpty else { return demandsTokens ? .failure(Self.missing) : .success(.trusted) }
        let token = TokenText.id(of: text).flatMap { id in state.withLockedValue { $0.tokens[String(id)] } }
        guard let token, token.isAuthenticated(by: text) else { return .failure(Self.unknown) }
        guard !token.isExpired(atMs: nowMs) else { return .failure(Self.expired) }
        return .success(Principal(token))
    }

    /// Why a connection of `principal` must end; `nil` while its token holds, and is what it was, or none is asked for.
    func refusal(of principal: Principal, nowMs: Int64 = WallClock.nowMs()) -> ProtocolViolation? {
        let isDue = state.withLockedValue { $0.lookedAt + Self.interval <= .now }
        if isDue { look() }
        guard let shown = principal.shown else { return demandsTokens ? Self.missing : nil }
        guard let token = state.withLockedValue({ $0.tokens[shown.id] }) else { return Self.revoked }
        guard token.allowsTheSame(as: shown) else { return Self.changed }
        return token.isExpired(atMs: nowMs) ? Self.expired : nil
    }

    /// Reads the file again if it has changed, or could not be read.
    ///
    /// Under the lock: nobody is refused for a token that another connection is about to have read.
    private func look() {
        state.withLockedValue { state in
            state.lookedAt = .now
            let stamp = FileStamp(file.path)
            guard state.isStale(stamp) else { return }
            do throws(CollectorError) {
                let (list, stamp) = try file.read()
                (state.tokens, state.stamp, state.failure) = (Self.table(list), stamp, nil)
                logger.notice("the tokens were read again", metadata: ["tokens": "\(state.tokens.count)"])
            } catch {
                if state.failure?.reason != error.message {
                    logger.error(
                        "the tokens cannot be read; those of before hold until they can, also those that were revoked",
                        metadata: ["error": "\(error)"])
                }
                state.failure = Failure(stamp: stamp, reason: error.message)
            }
        }
    }

    private static func table(_ list: TokenList) -> [String: AccessToken] {
        Dictionary(list.tokens.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    private static let missing = ProtocolViolation(.unauthorized, "the collector asks for a token, and none was sent")
    private static let unknown = ProtocolViolation(.unauthorized, "the token is unknown, or was revoked")
    private static let expired = ProtocolViolation(.unauthorized, "the token has expired")
    private static let revoked = ProtocolViolation(.unauthorized, "the token was revoked")
    private static let changed = ProtocolViolation(
        .unauthorized, "what the token allows was changed: connect again")
}
