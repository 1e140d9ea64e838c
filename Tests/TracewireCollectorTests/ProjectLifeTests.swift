import Foundation
import Logging
import NIOConcurrencyHelpers
import NIOPosix
import Testing
import TracewireStore

@testable import TracewireCollector

@Suite("A project that is stopped", .timeLimit(.minutes(5)))
struct ProjectLifeTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func project(_ thread: NIOThreadPool) throws -> Project {
        let path = directory.path + "/traces.db"
        let configuration = CollectorConfiguration(databasePath: path)
        return try Project(
            .standard, databasePath: path, counters: CollectorCounters(),
            in: ProjectSurroundings(
                name: "tracewire", startedMs: 0, configuration: configuration,
                budget: CreditBudget(bytes: 1 << 20, projects: 1),
                unsettled: UnsettledWork(limit: 1 << 20, projects: 1),
                access: AccessControl(configuration, logger: TokenFixture.silence), certificates: nil,
                logger: TokenFixture.silence),
            thread: thread)
    }

    private func expectNoFiles() throws {
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty)
    }

    @Test("before the turn of its writer came opens no database, and says so to whoever waits")
    func beforeItsTurn() async throws {
        let thread = NIOThreadPool(numberOfThreads: 1)
        thread.start()
        // The thread is at something else until the project is being stopped.
        let isBusy = DispatchSemaphore(value: 0)
        thread.submit { _ in isBusy.wait() }
        let project = try project(thread)
        let answers = NIOLockedValueBox<[Bool]>([])
        project.open { result in
            answers.withLockedValue { $0.append((try? result.get()) != nil) }
            isBusy.signal()
        }
        await project.stop()
        #expect(answers.withLockedValue { $0 } == [false])
        try expectNoFiles()
    }

    @Test("is not opened any more")
    func after() async throws {
        let project = try project(NIOThreadPool(numberOfThreads: 1))
        await project.stop()
        let answers = NIOLockedValueBox<[Bool]>([])
        project.open { result in answers.withLockedValue { $0.append((try? result.get()) != nil) } }
        #expect(answers.withLockedValue { $0 } == [false])
        #expect(!project.isOpen)
        try expectNoFiles()
    }
}
