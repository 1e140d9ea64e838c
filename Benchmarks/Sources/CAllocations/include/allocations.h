#ifndef ALLOCATIONS_H
#define ALLOCATIONS_H

#include <stdint.h>

/* How often this thread has asked for memory. */
uint64_t allocations_of_this_thread(void);

#endif
