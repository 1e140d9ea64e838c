#ifndef TRACEWIRE_SQLITE_H
#define TRACEWIRE_SQLITE_H

#include <sqlite3.h>

// Swift imports neither variadic functions nor function-pointer constants: these stand for
// sqlite3_db_config with an int argument, sqlite3_config with an int, and SQLITE_STATIC.

static inline int tracewire_sqlite3_db_config(sqlite3 *database, int operation, int value) {
    int result = 0;
    return sqlite3_db_config(database, operation, value, &result);
}

static inline int tracewire_sqlite3_bind_text(sqlite3_stmt *statement, int index, const void *bytes, sqlite3_uint64 count) {
    return sqlite3_bind_text64(statement, index, (const char *)bytes, count, SQLITE_STATIC, SQLITE_UTF8);
}

static inline int tracewire_sqlite3_bind_blob(sqlite3_stmt *statement, int index, const void *bytes, sqlite3_uint64 count) {
    return sqlite3_bind_blob64(statement, index, bytes, count, SQLITE_STATIC);
}

#endif
