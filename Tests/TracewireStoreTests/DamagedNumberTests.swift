import Testing
import TracewireProtocol

@testable import TracewireStore

/// Numbers in a damaged file that no program has written.
struct DamagedNumberTests {
    private let recorder: Recorder

    init() throws {
        recorder = try Recorder()
        try recorder.sendEverything(identifier(1), identifier(2))
    }

    @Test(arguments: [
        "UPDATE workflows SET completed_at = -9223372036854775808",
        "UPDATE workflows SET created_at = -9223372036854775808",
        "UPDATE workflows SET created_at = 9223372036854775807",
        "UPDATE nodes SET started_at = -9223372036854775808, completed_at = 9223372036854775807",
        "UPDATE generations SET created_at = 9223372036854775807, latency_ms = -9223372036854775808",
        "UPDATE rollup_horizon SET hour = 4611686018427387904", "UPDATE rollup_horizon SET hour = -1",
    ])
    func `are reported or passed over by check, repair and prune, which go on`(damage: String) throws {
        try recorder.writer.connection.execute(damage)
        try recorder.reopen()
        let checked = try StoreReader(path: recorder.database.path).report("check")
        #expect(checked.summary.code == .ok, "\(checked.summary.message)")
        while try recorder.writer.maintain(isIdle: true) {}
        _ = try? recorder.writer.prune(before: 2_000_000_000_000, limit: 64)
        _ = try? recorder.writer.perform("repair", arguments: [:], nowMs: Recorder.now)
    }
}
