internal import Glibc
internal import NIOCore

extension CollectorError {
    /// The address is not loopback.
    ///
    /// - Parameters:
    ///   - exposed: what everybody could read.
    ///   - option: what names the address on the command line.
    static func insecure(_ host: String, exposes exposed: String, option: String) -> CollectorError {
        let danger =
            LoopbackAddress.isAddress(host)
            ? "\(host) can be reached from other machines"
            : "'\(host)' is no IP address and not localhost: it may lead to where other machines reach it"
        return CollectorError(
            .insecure,
            """
            \(danger), and nothing would protect \(exposed): there is no TLS and no token. Name 127.0.0.1 with \(option), \
            or say --insecure if the network is trusted.
            """)
    }

    /// Why the address could not be taken.
    static func listening(_ error: any Error, host: String, port: Int, option: String) -> CollectorError {
        let address = "\(host):\(port)"
        let number = (error as? IOError)?.errnoCode
        guard number == EADDRINUSE else {
            let isUnresolved = error is SocketAddressError
            let reason =
                number.map { String(cString: strerror($0)) }
                ?? (isUnresolved ? "the name could not be resolved" : "\(error)")
            return CollectorError(
                .cannotListen, "cannot listen on \(address): \(reason). Choose another with \(option).")
        }
        return CollectorError(
            .addressInUse,
            "\(address) is taken, perhaps by another collector. Stop it, or choose another port with \(option).")
    }
}
