internal import Glibc
internal import NIOConcurrencyHelpers
internal import TracewireProtocol
internal import TracewireStore

/// Why a connection cannot go on.
extension Farewell: Error {}

/// The projects of a collector. The standard one is there from the start; another is opened when the first connection
/// with a token of it comes, and stays open.
final class Projects: Sendable {
    private struct State {
        var others: [ProjectName: Project] = [:]
        var isStopping = false
    }

    let standard: Project
    private let surroundings: ProjectSurroundings
    private let limit: Int
    private let state = NIOLockedValueBox(State())

    /// - Parameter counters: of the standard project, and of what belongs to none.
    init(counters: CollectorCounters, in surroundings: ProjectSurroundings) {
        self.surroundings = surroundings
        limit = surroundings.configuration.maximumProjects
        standard = Project(
            .standard, databasePath: surroundings.configuration.databasePath, counters: counters, in: surroundings)
    }

    /// Those that are, or were, open.
    var all: [Project] { [standard] + state.withLockedValue { Array($0.others.values) } }

    /// The project, if it can be used at once.
    func ready(_ name: ProjectName) -> Project? {
        let other = state.withLockedValue { $0.others[name] }
        let project: Project? = name == .standard ? standard : other
        guard let project, project.isOpen else { return nil }
        return project
    }

    /// Calls `then` with the project when it can be used, or with why it cannot, at once or later, on any thread.
    func open(_ name: ProjectName, then: @escaping @Sendable (Result<Project, Farewell>) -> Void) {
        switch find(name) {
        case .success(let project):
            project.open { result in then(result.map { project }.mapError(Farewell.storage)) }
        case .failure(let farewell): then(.failure(farewell))
        }
    }

    private func find(_ name: ProjectName) -> Result<Project, Farewell> {
        if name == .standard { return .success(standard) }
        return state.withLockedValue { state in
            if state.isStopping { return .failure(.shuttingDown) }
            if let project = state.others[name] { return .success(project) }
            guard state.others.count + 1 < limit else {
                return .failure(
                    Farewell(
                        code: .tooManyConnections,
                        message:
                            "\(limit) projects are open, which is the most: raise maximum_projects of the collector",
                        retryAfterMs: 60_000))
            }
            guard let path = makePlace(of: name) else {
                return .failure(.storage(StoreError(.cannotOpen, "the projects' directory cannot be made")))
            }
            let project = Project(name, databasePath: path, counters: CollectorCounters(), in: surroundings)
            state.others[name] = project
            return .success(project)
        }
    }

    /// Where the database of another project than the standard one is: in a directory beside that one's.
    private func makePlace(of name: ProjectName) -> String? {
        let directory = CollectorFiles.projects(of: surroundings.configuration.databasePath)
        guard mkdir(directory, 0o700) == 0 || errno == EEXIST else { return nil }
        return "\(directory)/\(name).db"
    }

    /// No project is opened any more.
    func stopOpening() {
        state.withLockedValue { $0.isStopping = true }
    }
}
