#include <string.h>

#include "files.h"

// https://www.sqlite.org/fileformat.html, section 4.1: a header, and frames of a header and a page each. The sums of a frame go on
// from those of the one before it, and the first one's from those of the header. SQLite has summed a page before it gets its seal, so
// the sums of its frame are made here.
enum { header_bytes = 32 };
/// Where the sums stand in the log's header, and in a frame's.
enum { header_sums = 24, frame_sums = 16 };
/// Bytes of a frame's header that are summed: the number of its page, and how many pages the database has.
enum { summed_header_bytes = 8 };

static sqlite3_int64 frame_offset(const checked_file *file, sqlite3_int64 frame) {
    return header_bytes + frame * ((sqlite3_int64)file->page_bytes + frame_header_bytes);
}

/// The frame that a place in the log belongs to; `within` is how far behind the frame's first byte it is.
static sqlite3_int64 frame_at(const checked_file *file, sqlite3_int64 offset, int *within) {
    sqlite3_int64 bytes = (sqlite3_int64)file->page_bytes + frame_header_bytes;
    *within = (int)((offset - header_bytes) % bytes);
    return (offset - header_bytes) / bytes;
}

static void note_header(checked_file *file, const unsigned char *header) {
    uint32_t page_bytes = number_at(header + 8);
    file->page_bytes = is_page_size(page_bytes) ? page_bytes : 0;
    // The last bit of the magic number says in which order bytes are summed.
    file->is_big_endian = header[3] & 1;
    file->frame_begun = file->frame_summed = -1;
}

static int learn_header(checked_file *file) {
    if (file->page_bytes != 0) return SQLITE_OK;
    unsigned char header[header_bytes];
    int result = read_below(file, header, header_bytes, 0);
    if (result == SQLITE_OK) note_header(file, header);
    return result;
}

static int is_sealed(const checked_file *file) { return file->database && file->database->pages != plain_pages; }

int read_log(checked_file *file, unsigned char *bytes, int count, sqlite3_int64 offset) {
    int result = read_below(file, bytes, count, offset);
    // What recovers a log reads whole frames, and compares their sums itself.
    if (result != SQLITE_OK || !is_page_size(count) || !is_sealed(file)) return result;
    result = learn_header(file);
    if (result != SQLITE_OK) return result;
    // Without its header nobody knows where its frames are.
    if (file->page_bytes == 0) return SQLITE_IOERR_DATA;
    int within;
    sqlite3_int64 frame = frame_at(file, offset, &within);
    if ((uint32_t)count != file->page_bytes || within != frame_header_bytes) return SQLITE_OK;
    unsigned char header[frame_header_bytes];
    result = read_below(file, header, frame_header_bytes, frame_offset(file, frame));
    if (result != SQLITE_OK) return result;
    uint32_t page = number_at(header);
    if (open_seal(bytes, count, page)) return SQLITE_OK;
    sqlite3_log(SQLITE_IOERR_DATA, "page %u in a write-ahead log is not what was written", page);
    return SQLITE_IOERR_DATA;
}

/// The sums from which those of a frame go on.
static int find_sums_before(checked_file *file, sqlite3_int64 frame, sums *sums) {
    if (frame > 0 && frame - 1 == file->frame_summed) {
        *sums = file->sums;
        return SQLITE_OK;
    }
    unsigned char bytes[8];
    sqlite3_int64 offset = frame == 0 ? header_sums : frame_offset(file, frame - 1) + frame_sums;
    int result = read_below(file, bytes, sizeof bytes, offset);
    if (result == SQLITE_OK) *sums = sums_at(bytes);
    return result;
}

/// Writes a frame, whose page is sealed, with the sums that it has now.
static int write_frame(checked_file *file, sqlite3_int64 frame, unsigned char *bytes) {
    sums sums;
    int result = find_sums_before(file, frame, &sums);
    if (result != SQLITE_OK) return result;
    sums = sums_add(sums, bytes, summed_header_bytes, file->is_big_endian);
    sums = sums_add(sums, bytes + frame_header_bytes, file->page_bytes, file->is_big_endian);
    put_sums(bytes + frame_sums, sums);
    result = write_below(file, bytes, frame_header_bytes + (int)file->page_bytes, frame_offset(file, frame));
    if (result != SQLITE_OK) return result;
    file->frame_summed = frame;
    file->sums = sums;
    return SQLITE_OK;
}

static int write_page(checked_file *file, const unsigned char *page, sqlite3_int64 frame) {
    int count = (int)file->page_bytes;
    unsigned char *bytes = scratch_of(file, frame_header_bytes + count);
    if (!bytes) return SQLITE_IOERR_NOMEM;
    memcpy(bytes + frame_header_bytes, page, (size_t)count);
    if (frame == file->frame_begun) {
        file->frame_begun = -1;
        memcpy(bytes, file->frame_header, frame_header_bytes);
        seal_page(bytes + frame_header_bytes, count, number_at(bytes));
        return write_frame(file, frame, bytes);
    }
    // It takes the place of an earlier one of the same transaction. SQLite makes the sums from there on anew when it commits, of
    // what it reads from the log.
    int result = read_below(file, bytes, frame_header_bytes, frame_offset(file, frame));
    if (result != SQLITE_OK) return result;
    seal_page(bytes + frame_header_bytes, count, number_at(bytes));
    return write_below(file, bytes + frame_header_bytes, count, frame_offset(file, frame) + frame_header_bytes);
}

/// A header alone may be one whose sums SQLite has made anew: what is known of it and of those behind it does not hold any more.
static int write_frame_header(checked_file *file, const unsigned char *bytes, sqlite3_int64 frame, sqlite3_int64 offset) {
    file->frame_begun = frame;
    memcpy(file->frame_header, bytes, frame_header_bytes);
    if (frame <= file->frame_summed) file->frame_summed = -1;
    return write_below(file, bytes, frame_header_bytes, offset);
}

int write_log(checked_file *file, const unsigned char *bytes, int count, sqlite3_int64 offset) {
    if (offset == 0) {
        if (count == header_bytes) note_header(file, bytes);
        return write_below(file, bytes, count, offset);
    }
    if (!is_sealed(file)) return write_below(file, bytes, count, offset);
    int result = learn_header(file);
    if (result != SQLITE_OK) return result;
    int within;
    sqlite3_int64 frame = frame_at(file, offset, &within);
    if (within == 0 && count == frame_header_bytes) return write_frame_header(file, bytes, frame, offset);
    if (within == frame_header_bytes && (uint32_t)count == file->page_bytes) return write_page(file, bytes, frame);
    // SQLite writes a page in parts only to disks on which a write that is torn spoils what stands beside it.
    return SQLITE_IOERR_WRITE;
}
