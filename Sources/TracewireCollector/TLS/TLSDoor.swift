internal import NIOCore
internal import NIOSSL

/// Where TLS begins with the first byte: looks at it, lets a handshake in, and has whoever speaks something else told so in
/// words that it understands. It stands between the socket and TLS.
final class TLSDoor: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        /// Nothing has come that tells what the peer speaks.
        case undecided
        case tls
        /// The peer speaks something else; what it sends no longer matters.
        case plain
        /// The handshake has failed, and the peer has a moment to read why.
        case leaving
    }

    /// A TLS record of type handshake (RFC 8446, 5.1).
    private static let handshakeRecord: UInt8 = 0x16
    /// So many bytes tell HTTP from other strangers.
    private static let leastBytes = 4

    private let certificates: ServerCertificates
    private let connection: ConnectionHandler
    private var state = State.undecided
    private var first = ByteBuffer()
    private var closing: Scheduled<Void>?

    init(_ certificates: ServerCertificates, _ connection: ConnectionHandler) {
        (self.certificates, self.connection) = (certificates, connection)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch state {
        case .undecided:
            var bytes = unwrapInboundIn(data)
            first.writeBuffer(&bytes)
            decide(context)
        case .tls: context.fireChannelRead(data)
        case .plain, .leaving: break
        }
    }

    private func decide(_ context: ChannelHandlerContext) {
        let bytes = first
        if bytes.readableBytesView.first == Self.handshakeRecord {
            first = ByteBuffer()
            state = .tls
            secure(context, bytes)
        } else if bytes.readableBytes >= Self.leastBytes {
            first = ByteBuffer()
            state = .plain
            connection.refuse(withoutTLS: bytes)
        }
    }

    private func secure(_ context: ChannelHandlerContext, _ bytes: ByteBuffer) {
        let current = certificates.current
        connection.authoritiesNumber = current.authoritiesNumber
        do {
            try context.pipeline.syncOperations.addHandler(
                NIOSSLServerHandler(context: current.contextOfConnection()), position: .after(self))
            context.fireChannelRead(wrapInboundOut(bytes))
        } catch {
            context.fireErrorCaught(error)
        }
    }

    /// Closing while unread bytes wait would reset the connection, and lose the alert that says why the handshake failed
    /// (RFC 1122, 4.2.2.13): the sending side is closed first.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        switch (state, mode) {
        case (.tls, .all) where connection.isSecuring:
            state = .leaving
            context.close(mode: .output, promise: nil)
            closing = context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(1)) { context.close(promise: nil) }
            context.channel.closeFuture.cascade(to: promise)
        case (.leaving, .all): context.channel.closeFuture.cascade(to: promise)
        default: context.close(mode: mode, promise: promise)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        closing?.cancel()
        context.fireChannelInactive()
    }
}
