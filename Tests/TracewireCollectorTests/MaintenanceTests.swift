import Logging
import Testing

@testable import TracewireCollector
@testable import TracewireStore

struct MaintenanceTests {
    @Test("what keeps it from the database is told in status, until it succeeds")
    func failure() throws {
        let directory = try TemporaryDirectory()
        let writer = try StoreWriter(path: directory.path + "/traces.db")
        let counters = CollectorCounters()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        var maintenance = Maintenance(counters: counters, logger: logger, pause: .zero)
        maintenance.step(writer, isIdle: true)
        #expect(counters.snapshot.maintenanceError == nil)

        try writer.connection.execute("ALTER TABLE segments RENAME TO elsewhere")
        maintenance.step(writer, isIdle: true)
        #expect(counters.snapshot.maintenanceError?.contains("segments") == true)
        #expect(!maintenance.hasMore)

        try writer.connection.execute("ALTER TABLE elsewhere RENAME TO segments")
        maintenance.step(writer, isIdle: true)
        #expect(counters.snapshot.maintenanceError == nil)
        writer.close()
    }
}
