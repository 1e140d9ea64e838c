#include <string.h>

#include "files.h"

static int is_page(int count, sqlite3_int64 offset) { return is_page_size(count) && offset % count == 0; }

/// A database has at most 2^32 - 2 pages.
static uint32_t page_number(int count, sqlite3_int64 offset) { return (uint32_t)(offset / count + 1); }

static int damaged(uint32_t page) {
    sqlite3_log(SQLITE_IOERR_DATA, "page %u of a database is not what was written", page);
    return SQLITE_IOERR_DATA;
}

/// What the VFS below could read only in part, and has filled with zeros, which SQLite takes for the page.
///
/// Whoever writes may read a page behind the end that was never written: one that a transaction has taken, given up, and takes again.
static int read_short(checked_file *file, int count, sqlite3_int64 offset) {
    if (file->pages != sealed_pages || !is_page(count, offset)) return SQLITE_IOERR_SHORT_READ;
    sqlite3_int64 size;
    int result = file->below->pMethods->xFileSize(file->below, &size);
    if (result != SQLITE_OK) return result;
    int is_behind_end = size <= offset;
    return is_behind_end && file->writes ? SQLITE_IOERR_SHORT_READ : damaged(page_number(count, offset));
}

int read_database(checked_file *file, unsigned char *bytes, int count, sqlite3_int64 offset) {
    int result = read_below(file, bytes, count, offset);
    if (result == SQLITE_IOERR_SHORT_READ) return read_short(file, count, offset);
    if (result != SQLITE_OK) return result;
    if (offset == 0 && file->pages == unknown_pages) file->pages = state_in_file(bytes, count);
    if (!is_page(count, offset)) return SQLITE_OK;
    uint32_t page = page_number(count, offset);
    int is_damaged = file->pages == plain_pages ? page == 1 && has_lost_its_mark(bytes, count) : !open_seal(bytes, count, page);
    return is_damaged ? damaged(page) : SQLITE_OK;
}

static int write_sealed(checked_file *file, unsigned char *page, int count, sqlite3_int64 offset) {
    seal_page(page, count, page_number(count, offset));
    return write_below(file, page, count, offset);
}

/// Writes the pages between the end of the file and one that is written behind it: those that were given up before they were ever
/// written. The file system would put zeros there, which nobody could tell from a page that was lost. The first page is no such one: a
/// new database gets it last, and is none before.
static int fill_gap(checked_file *file, unsigned char *page, int count, sqlite3_int64 offset) {
    if (offset <= file->end) return SQLITE_OK;
    int result = file->below->pMethods->xFileSize(file->below, &file->end);
    sqlite3_int64 place = file->end == 0 ? count : (file->end + count - 1) / count * count;
    for (; result == SQLITE_OK && place < offset; place += count) {
        memset(page, 0, (size_t)count);
        result = write_sealed(file, page, count, place);
    }
    return result;
}

int write_database(checked_file *file, const unsigned char *bytes, int count, sqlite3_int64 offset) {
    // What a file is it stays: one that was made without seals gets none, also if it reserves the bytes.
    if (offset == 0 && file->pages == unknown_pages) file->pages = state_in_memory(bytes, count);
    if (file->pages == plain_pages || !is_page(count, offset)) return write_below(file, bytes, count, offset);
    unsigned char *copy = scratch_of(file, count);
    if (!copy) return SQLITE_IOERR_NOMEM;
    int result = fill_gap(file, copy, count, offset);
    if (result != SQLITE_OK) return result;
    memcpy(copy, bytes, (size_t)count);
    result = write_sealed(file, copy, count, offset);
    if (result == SQLITE_OK && file->end < offset + count) file->end = offset + count;
    return result;
}

int truncate_database(checked_file *file, sqlite3_int64 size) {
    if (file->end > size) file->end = size;
    return file->below->pMethods->xTruncate(file->below, size);
}
