#include <string.h>

#include "files.h"

static int is_page(int count, sqlite3_int64 offset) { return is_page_size(count) && offset % count == 0; }

/// A database has at most 2^32 - 2 pages.
static uint32_t page_number(int count, sqlite3_int64 offset) { return (uint32_t)(offset / count + 1); }

int read_database(checked_file *file, unsigned char *bytes, int count, sqlite3_int64 offset) {
    int result = read_below(file, bytes, count, offset);
    if (result != SQLITE_OK) return result;
    if (offset == 0 && file->pages == unknown_pages) file->pages = state_in_file(bytes, count);
    if (!is_page(count, offset)) return SQLITE_OK;
    uint32_t page = page_number(count, offset);
    int is_damaged = file->pages == plain_pages ? page == 1 && has_lost_its_mark(bytes, count) : !open_seal(bytes, count, page);
    if (!is_damaged) return SQLITE_OK;
    sqlite3_log(SQLITE_IOERR_DATA, "page %u of a database is not what was written", page);
    return SQLITE_IOERR_DATA;
}

int write_database(checked_file *file, const unsigned char *bytes, int count, sqlite3_int64 offset) {
    // What a file is it stays: one that was made without seals gets none, also if it reserves the bytes.
    if (offset == 0 && file->pages == unknown_pages) file->pages = state_in_memory(bytes, count);
    if (file->pages == plain_pages || !is_page(count, offset)) return write_below(file, bytes, count, offset);
    unsigned char *copy = scratch_of(file, count);
    if (!copy) return SQLITE_IOERR_NOMEM;
    memcpy(copy, bytes, (size_t)count);
    seal_page(copy, count, page_number(count, offset));
    return write_below(file, copy, count, offset);
}
