internal import Glibc
internal import NIOCore

extension CollectorError {
    /// The address is not loopback, and there is no TLS.
    static func unencrypted(_ host: String) -> CollectorError {
        CollectorError(
            .insecure,
            """
            \(danger(of: host)), and the traces would cross the network in clear. Give --tls-certificate and --tls-key, name \
            127.0.0.1 with --listen, or say --insecure if the network is trusted.
            """)
    }

    /// The address of the figures is not loopback.
    static func openMetrics(_ host: String) -> CollectorError {
        CollectorError(
            .insecure,
            """
            \(danger(of: host)), and nothing would protect the figures: HTTP has neither TLS nor tokens here. Name 127.0.0.1 \
            with --metrics, or say --insecure-metrics if whoever reaches them may see them.
            """)
    }

    private static func danger(of host: String) -> String {
        LoopbackAddress.isAddress(host)
            ? "\(host) can be reached from other machines"
            : "'\(host)' is no IP address and not localhost: it may lead to where other machines reach it"
    }

    /// Nobody could come in.
    static func noTokens(_ host: String, file: String) -> CollectorError {
        CollectorError(
            .insecure,
            """
            \(host) can be reached from other machines, so that a token is asked of everybody, and \(file) has none. Make one \
            with 'tracewire token create', or say --insecure if the network is trusted.
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
