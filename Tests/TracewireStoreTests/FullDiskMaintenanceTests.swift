import Testing
import TracewireProtocol

@testable import TracewireStore

/// A database that may have no more pages stands for a disk without room: SQLite says the same of both.
struct FullDiskMaintenanceTests {
    private let recorder: Recorder
    private let workflow = identifier(1)

    init() throws {
        recorder = try Recorder()
        try recorder.send(workflowStart(workflow))
        for number in 0..<300 as Range<UInt64> {
            try recorder.send(
                generation(identifier(1_000 + number), in: workflow) { $0.output = Self.output(number) })
        }
    }

    private static func output(_ number: UInt64) -> String { noise(8_000, seed: number) }

    private func setRoom(_ hasRoom: Bool) throws {
        let pages = try recorder.writer.connection.integer("PRAGMA page_count")
        _ = try recorder.writer.connection.integer("PRAGMA max_page_count = \(hasRoom ? 1_000_000 : pages)")
    }

    private func expectEverything() throws {
        let reader = try StoreReader(path: recorder.database.path)
        let outputs = reader.sql("SELECT output FROM generations ORDER BY id").rows
        #expect(outputs == (0..<300).map { [.text(Self.output($0))] })
        #expect(reader.report("check").rows == [])
    }

    @Test func `a merge fails without loss, traffic that has room goes on, and it is made when there is room`() throws {
        try setRoom(false)
        let error = #expect(throws: StoreError.self) { while try recorder.writer.maintain(isIdle: true) {} }
        #expect(error?.code == .diskFull)
        let segments = try recorder.writer.connection.integer("SELECT count(*) FROM segments")
        #expect(segments == 300)
        try expectEverything()
        try recorder.send(workflowEnd(workflow))

        try setRoom(true)
        while try recorder.writer.maintain(isIdle: true) {}
        #expect(try recorder.writer.connection.integer("SELECT count(*) FROM segments") < 150)
        try expectEverything()
    }
}
