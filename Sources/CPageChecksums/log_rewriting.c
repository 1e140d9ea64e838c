#include "log_rewriting.h"

#include "files.h"

enum { piece_bytes = 1 << 16 };

int log_rewrite(void *base) {
    sqlite3_file *log = base;
    checked_file *file = base;
    if (!log || !log->pMethods || file->kind != log_file) return SQLITE_OK;
    sqlite3_int64 size = 0;
    int result = log->pMethods->xFileSize(log, &size);
    unsigned char *piece = scratch_of(file, piece_bytes);
    if (!piece) return SQLITE_NOMEM;
    for (sqlite3_int64 place = 0; result == SQLITE_OK && place < size; place += piece_bytes) {
        int count = size - place < piece_bytes ? (int)(size - place) : piece_bytes;
        result = read_below(file, piece, count, place);
        if (result == SQLITE_OK) result = write_below(file, piece, count, place);
    }
    return result == SQLITE_OK && size > 0 ? log->pMethods->xSync(log, SQLITE_SYNC_NORMAL) : result;
}
