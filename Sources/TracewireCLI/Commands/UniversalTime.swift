internal import Glibc

/// `--utc`, which holds for every time that a command reads or writes.
///
/// Times are read while the arguments are parsed, whatever their order, so the time zone is set before that.
enum UniversalTime {
    static func apply(_ arguments: [String]) {
        guard arguments.prefix(while: { $0 != "--" }).contains("--utc") else { return }
        setenv("TZ", "UTC0", 1)
        tzset()
    }
}
