internal import NIOCore

/// Notices that the other side says nothing: first while the session opens, then all the time. Used on one event loop.
final class SilenceClock {
    private let eventLoop: any EventLoop
    private let silence: TimeAmount
    private let silent: () -> Void
    private var timer: Scheduled<Void>?
    private var heardSomething = false

    /// - Parameters:
    ///   - opening: how long the session may take to open.
    ///   - silence: how long nothing may be heard afterwards.
    ///   - silent: called each time that nothing was heard.
    init(opening: Duration, silence: Duration, on eventLoop: any EventLoop, silent: @escaping () -> Void) {
        self.eventLoop = eventLoop
        self.silence = TimeAmount(silence)
        self.silent = silent
        schedule(TimeAmount(opening)) { $0.silent() }
    }

    func heard() {
        heardSomething = true
    }

    /// The session is open.
    func opened() {
        stop()
        listen()
    }

    func stop() {
        timer?.cancel()
        timer = nil
    }

    private func listen() {
        heardSomething = false
        schedule(silence) { clock in
            let wasSilent = !clock.heardSomething
            clock.listen()
            // Last, because it may end the connection, and with it this clock.
            if wasSilent { clock.silent() }
        }
    }

    private func schedule(_ time: TimeAmount, _ action: @escaping (SilenceClock) -> Void) {
        timer = eventLoop.assumeIsolated().scheduleTask(in: time) { [weak self] in
            if let self { action(self) }
        }
    }
}
