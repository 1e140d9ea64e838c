internal import Glibc

/// The files in which SQLite keeps, beside a database, what is not in it yet or has to be taken back.
public enum DatabaseLogs {
    /// The write-ahead log or the journal beside `path`, if there is one: the database of that name is in use or was not
    /// closed. Whoever opens it next replays the log into the file that has the name by then, also into another one.
    public static func present(beside path: String) -> String? {
        ["-wal", "-journal"].map { path + $0 }.first { access($0, F_OK) == 0 }
    }
}
