internal import TracewireStore

/// The reader that a thread keeps open between queries: of the project that was asked last. Confined to the thread.
struct ProjectReader {
    private var current: (project: ProjectName, reader: StoreReader)?

    /// The reader of `project`, opened if the last query was of another.
    ///
    /// - Throws: what ``StoreReader`` throws.
    mutating func of(_ project: Project) throws(StoreError) -> StoreReader {
        if let current, current.project == project.name { return current.reader }
        // Closed first: a thread has the files of one project open.
        current = nil
        let reader = try StoreReader(path: project.databasePath)
        current = (project.name, reader)
        return reader
    }
}
