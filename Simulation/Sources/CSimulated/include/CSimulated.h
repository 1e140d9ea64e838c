#ifndef CSIMULATED_H
#define CSIMULATED_H

#include <stdint.h>

/// The clock and the source of randomness that this process has in place of the system's.
///
/// Until the first call the system's own clock is read.
void simulated_clock_set(int64_t nanoseconds);
/// The system's clock, for how fast a simulation runs.
int64_t simulated_clock_real(void);
void simulated_random_seed(uint64_t seed);

/// A disk below SQLite: what was written since the last sync may be lost.
///
/// It stands between SQLite and its own VFS, is the default one, and is used on one thread.
int32_t disk_install(void);

/// Forgets all files. What a file holds when it is opened next counts as durable.
void disk_reset(uint64_t seed);

/// What can go wrong, as chances in a million.
typedef struct {
    uint32_t write_fails;
    uint32_t sync_fails;
    uint32_t read_fails;
    /// Whether the disk is full: what makes a file larger fails.
    uint32_t is_full;
    /// Whether syncs say that they were done and were not: no disk that is worth its name does.
    uint32_t sync_lies;
} disk_faults;

void disk_set_faults(disk_faults faults);
/// While calm nothing fails and nothing counts towards a crash: for whoever checks.
void disk_calm(int32_t is_calm);

/// Prints each call that is not calm.
void disk_print(int32_t is_printing);

/// The process dies at the call that comes so many writes, syncs and truncations from now; 0 for never.
void disk_crash_after(int64_t calls);
/// Whether the process has died.
int32_t disk_is_dead(void);
/// The process dies now.
void disk_die(void);

/// The machine loses its power too: of what was not synced some is lost. All files must be closed.
void disk_lose_power(void);
/// Another process may open the files.
void disk_revive(void);

/// Calls since the reset that wrote, synced or cut; and how many of them failed.
int64_t disk_calls(void);
int64_t disk_failures(void);
/// Sectors that a loss of power took back or tore, since the reset.
int64_t disk_sectors_lost(void);

#endif
