internal import NIOCore

/// A connection as other threads know it: a number, and a way onto its event loop.
struct ConnectionReference: Sendable {
    let number: Int
    private let eventLoop: any EventLoop
    private let handler: NIOLoopBound<ConnectionHandler>

    init(number: Int, handler: ConnectionHandler, eventLoop: any EventLoop) {
        self.number = number
        self.eventLoop = eventLoop
        self.handler = NIOLoopBound(handler, eventLoop: eventLoop)
    }

    /// Runs `body` on the connection's event loop. A connection that has ended does nothing with what it is told.
    func execute(_ body: @escaping @Sendable (ConnectionHandler) -> Void) {
        eventLoop.execute { [handler] in body(handler.value) }
    }
}
