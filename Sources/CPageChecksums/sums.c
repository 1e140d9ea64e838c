#include "sums.h"

#include <string.h>

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
enum { machine_is_big_endian = 1 };
#else
enum { machine_is_big_endian = 0 };
#endif

static uint32_t word_at(const unsigned char *bytes) {
    uint32_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

sums sums_add(sums sums, const unsigned char *bytes, size_t count, int is_big_endian) {
    uint32_t first = sums.first, second = sums.second;
    if (is_big_endian == machine_is_big_endian) {
        for (size_t offset = 0; offset + 8 <= count; offset += 8) {
            first += word_at(bytes + offset) + second;
            second += word_at(bytes + offset + 4) + first;
        }
    } else {
        for (size_t offset = 0; offset + 8 <= count; offset += 8) {
            first += __builtin_bswap32(word_at(bytes + offset)) + second;
            second += __builtin_bswap32(word_at(bytes + offset + 4)) + first;
        }
    }
    sums.first = first;
    sums.second = second;
    return sums;
}

int sums_are_equal(sums one, sums other) { return one.first == other.first && one.second == other.second; }

uint32_t number_at(const unsigned char *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void put_number(unsigned char *bytes, uint32_t number) {
    for (int index = 3; index >= 0; index--, number >>= 8) bytes[index] = (unsigned char)number;
}

sums sums_at(const unsigned char *bytes) { return (sums){number_at(bytes), number_at(bytes + 4)}; }

void put_sums(unsigned char *bytes, sums sums) {
    put_number(bytes, sums.first);
    put_number(bytes + 4, sums.second);
}
