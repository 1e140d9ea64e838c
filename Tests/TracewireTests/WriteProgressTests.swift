import Testing

@testable import Tracewire

@Suite struct WriteProgressTests {
    private func look(_ progress: inout WriteProgress, written: Int, waiting: Int) -> Bool {
        progress.look(written: written, waiting: waiting)
    }

    @Test func `bytes that leave a buffer which was full show that somebody takes them`() {
        var progress = WriteProgress()
        #expect(!look(&progress, written: 1000, waiting: 800))
        #expect(look(&progress, written: 1000, waiting: 500))
        // What is written meanwhile does not hide it.
        #expect(look(&progress, written: 5000, waiting: 4000))
        #expect(look(&progress, written: 5000, waiting: 0))
    }

    @Test func `bytes that wait and stay show nothing`() {
        var progress = WriteProgress()
        _ = progress.look(written: 1000, waiting: 800)
        #expect(!look(&progress, written: 1000, waiting: 800))
        #expect(!look(&progress, written: 1032, waiting: 832))
    }

    @Test func `bytes for which the socket had room at once show nothing: it takes them for a dead peer, too`() {
        var progress = WriteProgress()
        #expect(!look(&progress, written: 0, waiting: 0))
        #expect(!look(&progress, written: 32, waiting: 0))
        #expect(!look(&progress, written: 64, waiting: 0))
    }
}
