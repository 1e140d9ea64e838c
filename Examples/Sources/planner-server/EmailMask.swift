import Tracewire

/// Hides e-mail addresses in whatever is recorded: prompts, states, errors.
enum EmailMask {
    /// A hook for `TracewireConfiguration.mask`.
    static let hook: @Sendable (PayloadField, String) -> String? = { _, value in masked(value) }

    static func masked(_ value: String) -> String {
        // Most values have none, and the hook runs on the thread that records.
        guard value.utf8.contains(UInt8(ascii: "@")) else { return value }
        // In JSON, the n of an escaped line break is no part of the address behind it, and has to stay. Each repetition has
        // a bound, so that a long value cannot take long.
        let address =
            #/
            ((?:\\u[0-9a-fA-F]{4}|\\.){0,4})
            [A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}
            /#
        return value.replacing(address) { "\($0.1)[e-mail]" }
    }
}
