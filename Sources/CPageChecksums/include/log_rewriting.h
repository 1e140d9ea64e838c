#ifndef TRACEWIRE_LOG_REWRITING_H
#define TRACEWIRE_LOG_REWRITING_H

/// Writes a write-ahead log once more as it is, and syncs it: where the kernel could not write some of it, and has forgotten that, it
/// tries again (https://wiki.postgresql.org/wiki/Fsync_Errors). Who reads the log sees no difference. Only who may write to the
/// database may do it.
///
/// `log` is the `sqlite3_file` that `SQLITE_FCNTL_JOURNAL_POINTER` gives of a connection whose files this VFS has opened; anything but a
/// log is left as it is. Returns SQLite's result.
int log_rewrite(void *log);

#endif
