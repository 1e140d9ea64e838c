import CSQLite

@testable import TracewireStore

/// Counts the transactions that a writer commits from now on.
final class CommitCount {
    private let connection: Connection
    private(set) var count = 0

    init(of writer: StoreWriter) {
        connection = writer.connection
        sqlite3_commit_hook(
            connection.handle,
            { context in
                guard let context else { return 0 }
                Unmanaged<CommitCount>.fromOpaque(context).takeUnretainedValue().count += 1
                return 0
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit {
        sqlite3_commit_hook(connection.handle, nil, nil)
    }
}
