#ifndef TRACEWIRE_SEALS_H
#define TRACEWIRE_SEALS_H

#include <stdint.h>

/// A page as SQLite has it, and as it stands in a file: with its seal, which is a checksum of its bytes and its number, and, if it is
/// the first one, with the mark of a sealed database in place of the number of its format.

/// What the header of a database says of its pages; unknown while a new file has none.
typedef enum { unknown_pages, sealed_pages, plain_pages } page_state;

/// As the first bytes of a file say it, or of the first page as SQLite has it; unknown if they are no header.
page_state state_in_file(const unsigned char *bytes, int count);
page_state state_in_memory(const unsigned char *bytes, int count);

/// Makes of a page what is to be written.
///
/// - Parameter page: its number, the first being 1.
void seal_page(unsigned char *bytes, int count, uint32_t page);

/// Makes of what was read the page that SQLite knows. Returns whether it is what was written.
int open_seal(unsigned char *bytes, int count, uint32_t page);

/// Whether the first page of a file that seems not to be sealed is one whose mark is not what was written.
int has_lost_its_mark(unsigned char *bytes, int count);

/// Whether so many bytes can be a page: a power of two from 512 to 65,536.
int is_page_size(int64_t count);

#endif
