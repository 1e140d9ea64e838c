internal import TracewireProtocol

/// Why a line is no event that could be sent. The sentence names the key, never the value.
struct LineFault: Error, Equatable, CustomStringConvertible {
    let code: Code
    let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    var description: String { "\(message) (\(code))" }
}
