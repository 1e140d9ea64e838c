#include "seals.h"

#include <string.h>

#include "page_checksums.h"
#include "sums.h"

/// In the header: the versions of the format for writing and for reading, which SQLite keeps equal, and how many bytes of each page
/// are not its own.
enum { write_version_offset = 18, read_version_offset = 19, reserved_offset = 20, header_bytes = 100 };
enum { change_counter_offset = 24, schema_cookie_offset = 40, size_valid_for_offset = 92 };

/// The header, and what follows it up to the next eight bytes.
enum { summed_header_bytes = 104 };

/// SQLite knows 1 and 2, and does not write to a file of a later version.
enum { sealed_write_version = 3 };

static const char magic[] = "SQLite format 3";

int is_page_size(int64_t count) { return count >= 512 && count <= 65536 && (count & (count - 1)) == 0; }

static int is_header(const unsigned char *bytes, int count) {
    return count >= header_bytes && memcmp(bytes, magic, sizeof magic) == 0;
}

page_state state_in_file(const unsigned char *bytes, int count) {
    if (!is_header(bytes, count)) return unknown_pages;
    int is_sealed = bytes[reserved_offset] == page_seal_bytes && bytes[write_version_offset] == sealed_write_version;
    return is_sealed ? sealed_pages : plain_pages;
}

int page_checksums_are_sealed(const unsigned char *bytes, int count) { return state_in_file(bytes, count) == sealed_pages; }

page_state state_in_memory(const unsigned char *bytes, int count) {
    if (!is_header(bytes, count)) return unknown_pages;
    return bytes[reserved_offset] == page_seal_bytes ? sealed_pages : plain_pages;
}

/// Of the header: what SQLite changes in a copy that its backup makes, page by page, with a VFS that seals nothing. None of it says
/// what the database holds: a counter of changes, one of changes of the schema, and of which change and by which SQLite the size is.
static void leave_out_counters(unsigned char *header) {
    memset(header + change_counter_offset, 0, 4);
    memset(header + schema_cookie_offset, 0, 4);
    memset(header + size_valid_for_offset, 0, 8);
}

/// A page that stands where another should has another seal.
static sums seal_of(const unsigned char *bytes, int count, uint32_t page) {
    sums start = {page, ~page};
    size_t summed = (size_t)(count - page_seal_bytes);
    if (page != 1) return sums_add(start, bytes, summed, 0);
    unsigned char header[summed_header_bytes];
    memcpy(header, bytes, sizeof header);
    leave_out_counters(header);
    return sums_add(sums_add(start, header, sizeof header, 0), bytes + sizeof header, summed - sizeof header, 0);
}

void seal_page(unsigned char *bytes, int count, uint32_t page) {
    if (page == 1) bytes[write_version_offset] = sealed_write_version;
    put_sums(bytes + count - page_seal_bytes, seal_of(bytes, count, page));
}

static int is_whole(const unsigned char *bytes, int count, uint32_t page) {
    return sums_are_equal(sums_at(bytes + count - page_seal_bytes), seal_of(bytes, count, page));
}

int open_seal(unsigned char *bytes, int count, uint32_t page) {
    if (!is_whole(bytes, count, page)) return 0;
    if (page == 1) bytes[write_version_offset] = bytes[read_version_offset];
    return 1;
}

int has_lost_its_mark(unsigned char *bytes, int count) {
    unsigned char version = bytes[write_version_offset], reserved = bytes[reserved_offset];
    bytes[write_version_offset] = sealed_write_version;
    bytes[reserved_offset] = page_seal_bytes;
    int is_sealed = is_whole(bytes, count, 1);
    bytes[write_version_offset] = version;
    bytes[reserved_offset] = reserved;
    return is_sealed;
}
