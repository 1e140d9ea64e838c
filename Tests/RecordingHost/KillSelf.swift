import Glibc

/// Ends this process after so many microseconds, whatever its other threads are doing then.
func killSelf(after microseconds: UInt32) {
    let life = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
    life.pointee = microseconds
    var thread = pthread_t()
    pthread_create(
        &thread, nil,
        { argument in
            usleep(argument?.load(as: UInt32.self) ?? 0)
            kill(getpid(), SIGKILL)
            return nil
        }, life)
}
