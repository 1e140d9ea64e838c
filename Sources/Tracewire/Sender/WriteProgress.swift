/// Whether the other side takes what it is sent, although it may say nothing meanwhile.
///
/// A socket has room for what waits in front of it only when the other side has taken some of what is in it. What it had
/// room for at once proves nothing: it takes that for a dead peer, too.
struct WriteProgress: Equatable, Sendable {
    private var taken = 0
    private var hadWaiting = false

    /// Whether the socket has taken some since the last look, and there was something in front of it then.
    ///
    /// - Parameters:
    ///   - written: bytes written so far, in all.
    ///   - waiting: those of them that the socket has not taken.
    mutating func look(written: Int, waiting: Int) -> Bool {
        let tookSome = hadWaiting && written - waiting > taken
        taken = written - waiting
        hadWaiting = waiting > 0
        return tookSome
    }
}
