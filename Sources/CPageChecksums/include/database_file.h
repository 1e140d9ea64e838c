#ifndef TRACEWIRE_DATABASE_FILE_H
#define TRACEWIRE_DATABASE_FILE_H

/// A database's file as it stands there, read beside SQLite.
///
/// It is opened and closed by SQLite's default VFS. The kernel gives up all locks that a process has on a file when it closes any
/// descriptor of it, and SQLite's VFS knows of those that are held: it keeps the descriptor open until then.
/// https://www.sqlite.org/howtocorrupt.html, section 2.2.
typedef struct database_file database_file;

/// NULL if the file is not there, or cannot be read.
database_file *database_file_open(const char *path);

/// Returns how many bytes were read, `count` or fewer.
int database_file_read(database_file *file, void *bytes, int count, long long offset);

void database_file_close(database_file *file);

#endif
