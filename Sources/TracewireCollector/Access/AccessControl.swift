internal import Logging
internal import NIOConcurrencyHelpers
internal import TracewireProtocol

/// Decides who may come in. It reads the tokens file again whenever that has changed: what was made or revoked counts from
/// the next connection on, and open connections end within seconds of it (``Watchdog``).
final class AccessControl: Sendable {
    /// How often an open connection's token is looked up again at most.
    private static let interval = Duration.seconds(1)

    private struct State {
        var signature: TokenFile.Signature?
        var tokens: [String: AccessToken] = [:]
        var lookedAt: ContinuousClock.Instant
    }

    private let file: TokenFile
    private let requiresTokens: Bool
    private let logger: Logger
    private let state: NIOLockedValueBox<State>

    /// - Throws: `tokens` for a file that is none.
    init(_ configuration: CollectorConfiguration, logger: Logger) throws(CollectorError) {
        file = configuration.tokensFile
        requiresTokens = configuration.effectivelyRequiresTokens
        self.logger = logger
        let signature = file.signature
        let tokens = try Self.table(file.read())
        state = NIOLockedValueBox(State(signature: signature, tokens: tokens, lookedAt: .now))
    }

    /// Who shows this token, or none (empty).
    func principal(token text: String, nowMs: Int64 = WallClock.nowMs()) -> Result<Principal, ProtocolViolation> {
        guard !text.isEmpty else {
            return requiresTokens ? .failure(Self.missing) : .success(.trusted)
        }
        look()
        let token = TokenText.id(of: text).flatMap { id in state.withLockedValue { $0.tokens[String(id)] } }
        guard let token, token.isAuthenticated(by: text) else { return .failure(Self.unknown) }
        guard !token.isExpired(atMs: nowMs) else { return .failure(Self.expired) }
        return .success(Principal(token: token.id, project: token.project, roles: token.roles))
    }

    /// Why a connection of `principal` must end; `nil` while its token holds.
    func refusal(of principal: Principal, nowMs: Int64 = WallClock.nowMs()) -> ProtocolViolation? {
        guard let id = principal.token else { return nil }
        let isDue = state.withLockedValue { $0.lookedAt + Self.interval <= .now }
        if isDue { look() }
        guard let token = state.withLockedValue({ $0.tokens[id] }) else {
            return ProtocolViolation(.unauthorized, "the token was revoked")
        }
        return token.isExpired(atMs: nowMs) ? Self.expired : nil
    }

    /// Reads the file again if it has changed. One that cannot be read leaves what is known.
    ///
    /// Under the lock: nobody is refused for a token that another connection is about to have read.
    private func look() {
        state.withLockedValue { state in
            state.lookedAt = .now
            let signature = file.signature
            guard state.signature != signature else { return }
            state.signature = signature
            do throws(CollectorError) {
                state.tokens = try Self.table(file.read())
                logger.notice("the tokens were read again", metadata: ["tokens": "\(state.tokens.count)"])
            } catch {
                logger.error("the tokens could not be read; those of before hold", metadata: ["error": "\(error)"])
            }
        }
    }

    private static func table(_ list: TokenList) -> [String: AccessToken] {
        Dictionary(list.tokens.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    private static let missing = ProtocolViolation(.unauthorized, "the collector asks for a token, and none was sent")
    private static let unknown = ProtocolViolation(.unauthorized, "the token is unknown, or was revoked")
    private static let expired = ProtocolViolation(.unauthorized, "the token has expired")
}
