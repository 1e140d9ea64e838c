internal import CSQLite
internal import TracewireProtocol

/// A report that is computed step by step, not by one statement: it may read all of a database and take long.
struct Procedure: Sendable {
    let name: String
    let arguments: [Report.Argument]
    let columns: Columns
    /// Whether rows are few, and far between, so that each goes out at once; else they are gathered.
    var sendsEachRow = true
    let run: @Sendable (ProcedureCall) throws(QueryFault) -> Void
}

/// All procedures by name. `protocol/SPEC.md`, section "Reports", describes each.
enum Procedures {
    static let all: [Procedure] = [Backup.procedure, Check.procedure, Search.procedure, Usage.procedure]

    static func named(_ name: String) -> Procedure? {
        all.first { $0.name == name }
    }
}

/// One call of a procedure: what it was given, and where its rows go.
struct ProcedureCall {
    let path: String
    let values: [String: Value]
    let watch: Watch
    let emit: ([Value]) throws(QueryFault) -> Void

    /// A connection of its own, without the bounds that SQL from outside has, which ends when the call has to end.
    func open() throws(QueryFault) -> Connection {
        do throws(StoreError) {
            let connection = try StoreReader.open(path)
            watch.add(connection)
            return connection
        } catch {
            throw fault(error)
        }
    }

    /// Why the call ends after a failure of the store: its deadline may be what made SQLite fail.
    func fault(_ error: StoreError) -> QueryFault {
        watch.fault ?? QueryFault(.storageUnavailable, error.message)
    }

    /// Throws if the call has to end.
    func checkpoint() throws(QueryFault) {
        if let fault = watch.fault { throw fault }
    }
}
