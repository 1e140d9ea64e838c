internal import TracewireProtocol

/// The procedure `backup`: a consistent copy of a live database in a file of its own. Writers and readers go on.
enum Backup {
    static let procedure = Procedure(
        name: "backup",
        arguments: [
            Report.Argument(name: "path", kind: .text, isRequired: true),
            Report.Argument(name: "replace", kind: .flag, standard: .integer(0)),
        ],
        columns: Columns([
            Column(name: "path", declaredType: "TEXT"), Column(name: "bytes", declaredType: "INTEGER"),
        ]),
        run: run)

    @Sendable private static func run(_ call: ProcedureCall) throws(QueryFault) {
        guard case .text(let path) = call.values["path"] else {
            throw QueryFault(.invalidArgument, "backup needs the argument path")
        }
        let mayReplace = call.values["replace"] == .integer(1)
        let file = try BackupFile(path, mayReplace: mayReplace, of: call.path)
        try copy(to: file.unfinished, call)
        try file.finish()
        try call.emit([.text(path), .integer(FileSize.bytes(path))])
    }

    /// One statement reads one snapshot, so the copy is of one moment; it leaves out free pages. SQLite takes an empty
    /// file for it, and keeps that file's permissions.
    private static func copy(to path: String, _ call: ProcedureCall) throws(QueryFault) {
        let connection = try call.open()
        try call.perform { () throws(StoreError) in
            let statement = try Statement(connection, "VACUUM INTO ?")
            statement.bind(1, copying: path)
            try statement.run()
        }
    }
}
