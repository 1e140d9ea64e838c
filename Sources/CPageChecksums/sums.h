#ifndef TRACEWIRE_SUMS_H
#define TRACEWIRE_SUMS_H

#include <stddef.h>
#include <stdint.h>

/// The checksum of SQLite's write-ahead log, https://www.sqlite.org/fileformat.html, section 4.2: two sums that depend on the order
/// of what is summed. One word that differs is always found.
typedef struct {
    uint32_t first, second;
} sums;

/// Continues the sums over bytes, eight at a time, each word with its least or its most significant byte first.
sums sums_add(sums sums, const unsigned char *bytes, size_t count, int is_big_endian);

int sums_are_equal(sums one, sums other);

/// The sums as they are kept: eight bytes.
sums sums_at(const unsigned char *bytes);
void put_sums(unsigned char *bytes, sums sums);

/// The integer of four bytes, the most significant first.
uint32_t number_at(const unsigned char *bytes);

#endif
