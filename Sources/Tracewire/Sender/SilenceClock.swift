internal import NIOCore

/// Notices that the other side says nothing, and whether it takes what it is sent: first while the session opens, then
/// all the time. Used on one event loop.
final class SilenceClock {
    private let channel: any Channel
    private let silence: TimeAmount
    private let silent: (_ peerTakes: Bool) -> Void
    private var timer: Scheduled<Void>?
    private var heardSomething = false
    private var written = 0
    private var progress = WriteProgress()

    /// - Parameters:
    ///   - opening: how long the session may take to open.
    ///   - silence: how long nothing may be heard afterwards.
    ///   - silent: called each time that nothing was heard, with whether some of what waits was taken.
    init(
        opening: Duration, silence: Duration, on channel: any Channel, silent: @escaping (_ peerTakes: Bool) -> Void
    ) {
        self.channel = channel
        self.silence = TimeAmount(silence)
        self.silent = silent
        schedule(TimeAmount(opening)) { $0.silent(false) }
    }

    func heard() {
        heardSomething = true
    }

    func wrote(_ bytes: Int) {
        written += bytes
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
            let peerTakes = clock.progress.look(written: clock.written, waiting: clock.waiting)
            clock.listen()
            // Last, because it may end the connection, and with it this clock.
            if wasSilent { clock.silent(peerTakes) }
        }
    }

    private var waiting: Int { (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0 }

    private func schedule(_ time: TimeAmount, _ action: @escaping (SilenceClock) -> Void) {
        timer = channel.eventLoop.assumeIsolated().scheduleTask(in: time) { [weak self] in
            if let self { action(self) }
        }
    }
}
