#ifndef TRACEWIRE_SQLITE_H
#define TRACEWIRE_SQLITE_H

#include <malloc.h>
#include <sqlite3.h>

// Swift imports neither variadic functions nor function-pointer constants: these stand for
// sqlite3_config and sqlite3_db_config with an argument of one type, and for SQLITE_STATIC and SQLITE_TRANSIENT.

// glibc declares it only to those who define _GNU_SOURCE before anything is included, which a module cannot.
extern void *memmem(const void *bytes, size_t count, const void *wanted, size_t wanted_count);

static inline int tracewire_sqlite3_config(int operation, int value) {
    return sqlite3_config(operation, value);
}

static inline int tracewire_sqlite3_config_memory(const sqlite3_mem_methods *methods) {
    return sqlite3_config(SQLITE_CONFIG_MALLOC, methods);
}

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

static inline int tracewire_sqlite3_bind_text_copy(sqlite3_stmt *statement, int index, const void *bytes, sqlite3_uint64 count) {
    return sqlite3_bind_text64(statement, index, (const char *)bytes, count, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static inline int tracewire_sqlite3_bind_blob_copy(sqlite3_stmt *statement, int index, const void *bytes, sqlite3_uint64 count) {
    return sqlite3_bind_blob64(statement, index, bytes, count, SQLITE_TRANSIENT);
}

static inline void tracewire_sqlite3_result_blob_copy(sqlite3_context *context, const void *bytes, int count) {
    sqlite3_result_blob(context, count == 0 ? "" : bytes, count, SQLITE_TRANSIENT);
}

static inline void tracewire_sqlite3_result_text_copy(sqlite3_context *context, const void *bytes, int count) {
    sqlite3_result_text(context, (const char *)bytes, count, SQLITE_TRANSIENT);
}

#endif
