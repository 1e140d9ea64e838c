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
        "UPDATE segments SET raw_bytes = 9223372036854775807", "UPDATE segments SET raw_bytes = -9223372036854775808",
        "UPDATE workflows SET heard_at = -9223372036854775808", "UPDATE workflows SET heard_at = 9223372036854775807",
        "UPDATE feed SET position = 9223372036854775807 WHERE position = (SELECT max(position) FROM feed)",
        "UPDATE feed SET position = -position", "UPDATE feed_origins SET position = 9223372036854775807",
        "UPDATE generations SET id = 9223372036854775807 WHERE id = (SELECT max(id) FROM generations)",
    ])
    func `are reported or passed over by whatever meets them, which goes on`(damage: String) throws {
        try recorder.writer.connection.execute(damage)
        try recorder.reopen()
        let checked = try StoreReader(path: recorder.database.path).report("check")
        #expect(checked.summary.code == .ok, "\(checked.summary.message)")
        let reader = try StoreReader(path: recorder.database.path)
        #expect(reader.report("counts").summary.code == .ok)
        #expect(reader.report("feed").summary.code == .ok)
        #expect(reader.report("events", ["after": .integer(0), "skip_damaged": .integer(1)]).summary.code == .ok)
        _ = reader.report("search", ["text": .text("a")])
        // More of a run that is there, and one that is new: refused at worst.
        _ = try? recorder.send(nodePending(identifier(771), in: identifier(1)))
        _ = try? recorder.sendEverything(identifier(3), identifier(4))
        while try recorder.writer.maintain(isIdle: true) {}
        _ = try? recorder.writer.prune(before: 2_000_000_000_000, limit: 64)
        _ = try? recorder.writer.perform("repair", arguments: [:], nowMs: Recorder.now)
    }
}
