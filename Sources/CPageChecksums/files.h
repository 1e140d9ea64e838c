#ifndef TRACEWIRE_FILES_H
#define TRACEWIRE_FILES_H

#include <sqlite3.h>

#include "seals.h"
#include "sums.h"

/// Bytes that stand before each page in a log.
enum { frame_header_bytes = 24 };

typedef enum { other_file, database_file, log_file } file_kind;

/// A file that SQLite has opened.
typedef struct checked_file {
    /// First, because SQLite sees only this.
    sqlite3_file base;
    file_kind kind;
    /// The file as the VFS below has opened it.
    sqlite3_file *below;
    /// Where a page is sealed, behind room for the header of a frame; SQLite's own copy stays as it is.
    unsigned char *scratch;
    int scratch_bytes;

    /// Of a database.
    page_state pages;
    int writes;
    /// How far the file is known to go; it may go further.
    sqlite3_int64 end;

    /// Of a log: whose it is.
    struct checked_file *database;
    /// Bytes of its pages; 0 while its header has not been seen.
    uint32_t page_bytes;
    int is_big_endian;
    /// The frame whose header was written last, with nothing written since, or -1; and that header.
    sqlite3_int64 frame_begun;
    unsigned char frame_header[frame_header_bytes];
    /// The frame that was written last, and its sums; -1 if that is not known any more.
    sqlite3_int64 frame_summed;
    sums sums;
} checked_file;

int read_below(const checked_file *file, void *bytes, int count, sqlite3_int64 offset);
int write_below(const checked_file *file, const void *bytes, int count, sqlite3_int64 offset);

/// Room for so many bytes; NULL if there is no memory.
unsigned char *scratch_of(checked_file *file, int count);

int read_database(checked_file *file, unsigned char *bytes, int count, sqlite3_int64 offset);
int write_database(checked_file *file, const unsigned char *bytes, int count, sqlite3_int64 offset);

int truncate_database(checked_file *file, sqlite3_int64 size);

int read_log(checked_file *file, unsigned char *bytes, int count, sqlite3_int64 offset);
int write_log(checked_file *file, const unsigned char *bytes, int count, sqlite3_int64 offset);

#endif
