#include "seals.h"

#include <string.h>

#include "page_checksums.h"
#include "sums.h"

/// In the header: the versions of the format for writing and for reading, which SQLite keeps equal, and how many bytes of each page
/// are not its own.
enum { write_version_offset = 18, read_version_offset = 19, reserved_offset = 20, header_bytes = 100 };

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

/// A page that stands where another should has another seal.
static sums seal_of(const unsigned char *bytes, int count, uint32_t page) {
    return sums_add((sums){page, ~page}, bytes, (size_t)(count - page_seal_bytes), 0);
}

void seal_page(unsigned char *bytes, int count, uint32_t page) {
    if (page == 1) bytes[write_version_offset] = sealed_write_version;
    put_sums(bytes + count - page_seal_bytes, seal_of(bytes, count, page));
}

/// As is one that was never written, in a file with a hole: SQLite reads it where a page is used again that was freed before it was
/// written.
static int is_all_zeros(const unsigned char *bytes, int count) {
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, (size_t)count - 1) == 0;
}

static int is_whole(const unsigned char *bytes, int count, uint32_t page) {
    return sums_are_equal(sums_at(bytes + count - page_seal_bytes), seal_of(bytes, count, page));
}

int open_seal(unsigned char *bytes, int count, uint32_t page) {
    if (!is_whole(bytes, count, page)) return is_all_zeros(bytes, count);
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
