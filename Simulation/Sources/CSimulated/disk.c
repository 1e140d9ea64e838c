// A disk that keeps its promises and no more: what was synced stays, of anything else some may be lost when the power is.
//
// It stands on SQLite's own VFS. Reads and locks pass through; each file's durable bytes are kept beside it, and what was
// written since the last sync.
#include "CSimulated.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { sector = 512, most_files = 16 };

typedef struct {
    sqlite3_int64 offset;
    /// -1: the file was cut at `offset`.
    int count;
    unsigned char *bytes;
} change;

typedef struct {
    char *path;
    unsigned char *durable;
    sqlite3_int64 size, room;
    change *changes;
    int count, capacity;
} kept_file;

typedef struct {
    sqlite3_file base;
    kept_file *kept;
    /// Of the process that has opened it.
    int generation;
    sqlite3_file *real;
} open_file;

static sqlite3_vfs *below;
static kept_file files[most_files];
static int generation, is_dead, is_calm;
static int64_t crash_after, calls, failures, sectors_lost;
static disk_faults faults;
static uint64_t random_state;

static uint64_t next_random(void) {
    uint64_t mixed = random_state += 0x9e3779b97f4a7c15;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);
}

static int happens(uint32_t in_a_million) { return in_a_million > 0 && next_random() % 1000000 < in_a_million; }

/// Whether each call is printed, for whoever looks into one run.
static int prints;

static void say(const char *what, const kept_file *file, sqlite3_int64 offset, int count) {
    if (!prints || is_calm) return;
    const char *name = file ? strrchr(file->path, '/') : NULL;
    printf("    disk %lld: %s %s %lld %d\n", (long long)calls, what, name ? name + 1 : "temporary", (long long)offset, count);
}

// What is durable

static void need(void *pointer) {
    if (!pointer) abort();
}

static void resize(kept_file *file, sqlite3_int64 size) {
    if (size > file->room) {
        file->room = size * 2;
        file->durable = realloc(file->durable, (size_t)file->room);
        need(file->durable);
    }
    if (size > file->size) memset(file->durable + file->size, 0, (size_t)(size - file->size));
    file->size = size;
}

static void store(kept_file *file, sqlite3_int64 offset, const unsigned char *bytes, sqlite3_int64 count) {
    if (offset + count > file->size) resize(file, offset + count);
    memcpy(file->durable + offset, bytes, (size_t)count);
}

static void apply(kept_file *file, const change *change) {
    if (change->count < 0) {
        if (change->offset < file->size) file->size = change->offset;
    } else {
        store(file, change->offset, change->bytes, change->count);
    }
}

static void forget_changes(kept_file *file) {
    for (int index = 0; index < file->count; index++) free(file->changes[index].bytes);
    file->count = 0;
}

static void note(kept_file *file, sqlite3_int64 offset, const void *bytes, int count) {
    if (!file) return;
    if (file->count == file->capacity) {
        file->capacity = file->capacity * 2 + 16;
        file->changes = realloc(file->changes, sizeof(change) * (size_t)file->capacity);
        need(file->changes);
    }
    change *change = &file->changes[file->count++];
    change->offset = offset;
    change->count = count;
    change->bytes = NULL;
    if (count < 0) return;
    change->bytes = malloc((size_t)count + 1);
    need(change->bytes);
    memcpy(change->bytes, bytes, (size_t)count);
}

static void synced(kept_file *file) {
    if (!file) return;
    for (int index = 0; index < file->count; index++) apply(file, &file->changes[index]);
    forget_changes(file);
}

/// A sync that failed: some was written before it did. The kernel takes the rest for written, too, and does not write it with
/// the next sync, so that it is lost unless it is written anew.
static void half_synced(kept_file *file) {
    if (!file) return;
    for (int index = 0; index < file->count; index++) {
        if (next_random() % 2) apply(file, &file->changes[index]);
    }
    forget_changes(file);
}

static void read_durable(kept_file *file) {
    file->size = 0;
    int descriptor = open(file->path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return;
    struct stat status;
    if (fstat(descriptor, &status) == 0 && status.st_size > 0) {
        resize(file, status.st_size);
        if (pread(descriptor, file->durable, (size_t)status.st_size, 0) != status.st_size) abort();
    }
    close(descriptor);
}

static void write_durable(kept_file *file) {
    int descriptor = open(file->path, O_RDWR | O_CLOEXEC);
    if (descriptor < 0) return;
    if (ftruncate(descriptor, 0) != 0) abort();
    if (file->size > 0 && pwrite(descriptor, file->durable, (size_t)file->size, 0) != file->size) abort();
    close(descriptor);
}

static kept_file *keep(const char *path) {
    for (int index = 0; index < most_files; index++) {
        kept_file *file = &files[index];
        if (file->path && strcmp(file->path, path) == 0) return file;
        if (file->path) continue;
        file->path = strdup(path);
        need(file->path);
        read_durable(file);
        return file;
    }
    abort();
}

/// Some of a change survives, sector by sector.
static void apply_partly(kept_file *file, const change *change) {
    if (change->count < 0) {
        if (next_random() % 2) apply(file, change);
        return;
    }
    for (sqlite3_int64 done = 0; done < change->count;) {
        sqlite3_int64 at = change->offset + done;
        sqlite3_int64 count = sector - at % sector;
        if (count > change->count - done) count = change->count - done;
        uint64_t fate = next_random() % 16;
        if (fate < 7) {
            store(file, at, change->bytes + done, count);
        } else {
            sectors_lost++;
            // Torn: the head went to the disk, or the tail.
            sqlite3_int64 part = fate < 9 ? (sqlite3_int64)(next_random() % (uint64_t)(count + 1)) : 0;
            if (fate == 7) store(file, at, change->bytes + done, part);
            if (fate == 8) store(file, at + count - part, change->bytes + done + count - part, part);
        }
        done += count;
    }
}

static void lose_power(kept_file *file) {
    uint64_t fate = next_random() % 8;
    // All of it was written by chance, nothing was, or everything up to some change and then some.
    int whole = 0;
    if (fate == 0) whole = file->count;
    if (fate >= 2 && fate < 5 && file->count > 0) whole = (int)(next_random() % (uint64_t)file->count);
    for (int index = 0; index < file->count; index++) {
        if (index < whole) {
            apply(file, &file->changes[index]);
        } else if (fate != 1) {
            apply_partly(file, &file->changes[index]);
        } else {
            sectors_lost++;
        }
    }
    forget_changes(file);
    write_durable(file);
}

// What fails

/// Whether a call that changes something is the one at which the process dies.
static int dies(void) {
    if (is_calm) return 0;
    calls++;
    if (crash_after == 0 || --crash_after > 0) return 0;
    is_dead = 1;
    return 1;
}

static int is_lost(open_file *file) { return is_dead || file->generation != generation; }

static int failed(int code) {
    failures++;
    return code;
}

// SQLite's methods

static int file_close(sqlite3_file *base) {
    open_file *file = (open_file *)base;
    return file->real->pMethods ? file->real->pMethods->xClose(file->real) : SQLITE_OK;
}

static int file_read(sqlite3_file *base, void *bytes, int count, sqlite3_int64 offset) {
    open_file *file = (open_file *)base;
    if (is_lost(file)) return SQLITE_IOERR_READ;
    if (!is_calm && happens(faults.read_fails)) return failed(SQLITE_IOERR_READ);
    return file->real->pMethods->xRead(file->real, bytes, count, offset);
}

static int file_write(sqlite3_file *base, const void *bytes, int count, sqlite3_int64 offset) {
    open_file *file = (open_file *)base;
    if (is_lost(file)) return SQLITE_IOERR_WRITE;
    if (dies()) {
        // The write was under way.
        int part = (int)(next_random() % (uint64_t)(count + 1));
        if (part > 0 && file->real->pMethods->xWrite(file->real, bytes, part, offset) == SQLITE_OK) {
            note(file->kept, offset, bytes, part);
        }
        return SQLITE_IOERR_WRITE;
    }
    if (!is_calm && faults.is_full) {
        sqlite3_int64 size = 0;
        file->real->pMethods->xFileSize(file->real, &size);
        if (offset + count > size) return failed(SQLITE_FULL);
    }
    int fails = !is_calm && happens(faults.write_fails);
    say(fails ? "write fails" : "write", file->kept, offset, count);
    // One that failed may have written some.
    if (fails) count = (int)(next_random() % (uint64_t)(count + 1));
    int result = count > 0 ? file->real->pMethods->xWrite(file->real, bytes, count, offset) : SQLITE_OK;
    if (result == SQLITE_OK && count > 0) note(file->kept, offset, bytes, count);
    return fails ? failed(SQLITE_IOERR_WRITE) : result;
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 size) {
    open_file *file = (open_file *)base;
    if (is_lost(file) || dies()) return SQLITE_IOERR_TRUNCATE;
    if (!is_calm && happens(faults.write_fails)) return failed(SQLITE_IOERR_TRUNCATE);
    say("truncate", file->kept, size, 0);
    int result = file->real->pMethods->xTruncate(file->real, size);
    if (result == SQLITE_OK) note(file->kept, size, NULL, -1);
    return result;
}

static int file_sync(sqlite3_file *base, int flags) {
    open_file *file = (open_file *)base;
    (void)flags;
    if (is_lost(file) || dies()) return SQLITE_IOERR_FSYNC;
    int fails = !is_calm && happens(faults.sync_fails);
    say(fails ? "sync fails" : "sync", file->kept, 0, file->kept ? file->kept->count : 0);
    if (fails) {
        half_synced(file->kept);
        return failed(SQLITE_IOERR_FSYNC);
    }
    if (!faults.sync_lies) synced(file->kept);
    return SQLITE_OK;
}

static int file_size(sqlite3_file *base, sqlite3_int64 *size) {
    open_file *file = (open_file *)base;
    return is_lost(file) ? SQLITE_IOERR_FSTAT : file->real->pMethods->xFileSize(file->real, size);
}

static int file_lock(sqlite3_file *base, int lock) {
    open_file *file = (open_file *)base;
    return is_lost(file) ? SQLITE_IOERR_LOCK : file->real->pMethods->xLock(file->real, lock);
}

static int file_unlock(sqlite3_file *base, int lock) {
    open_file *file = (open_file *)base;
    return file->real->pMethods->xUnlock(file->real, lock);
}

static int file_check_lock(sqlite3_file *base, int *is_locked) {
    open_file *file = (open_file *)base;
    return file->real->pMethods->xCheckReservedLock(file->real, is_locked);
}

static int file_control(sqlite3_file *base, int operation, void *argument) {
    open_file *file = (open_file *)base;
    return is_lost(file) ? SQLITE_IOERR : file->real->pMethods->xFileControl(file->real, operation, argument);
}

static int file_sector_size(sqlite3_file *base) {
    (void)base;
    return sector;
}

static int file_characteristics(sqlite3_file *base) {
    (void)base;
    // What SQLite's own VFS says of Linux: a write that is torn leaves the bytes beside it as they are. Neither that it is whole
    // is promised, nor that writes keep their order.
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static int file_shm_map(sqlite3_file *base, int page, int size, int extend, void volatile **memory) {
    open_file *file = (open_file *)base;
    return is_lost(file) ? SQLITE_IOERR_SHMMAP
                         : file->real->pMethods->xShmMap(file->real, page, size, extend, memory);
}

static int file_shm_lock(sqlite3_file *base, int offset, int count, int flags) {
    open_file *file = (open_file *)base;
    if (is_lost(file) && (flags & SQLITE_SHM_LOCK)) return SQLITE_IOERR_SHMLOCK;
    return file->real->pMethods->xShmLock(file->real, offset, count, flags);
}

static void file_shm_barrier(sqlite3_file *base) {
    open_file *file = (open_file *)base;
    file->real->pMethods->xShmBarrier(file->real);
}

static int file_shm_unmap(sqlite3_file *base, int deletes) {
    open_file *file = (open_file *)base;
    return file->real->pMethods->xShmUnmap(file->real, deletes);
}

// Version 2: without memory maps, whose writes nobody could see here.
static const sqlite3_io_methods methods = {
    2,
    file_close,
    file_read,
    file_write,
    file_truncate,
    file_sync,
    file_size,
    file_lock,
    file_unlock,
    file_check_lock,
    file_control,
    file_sector_size,
    file_characteristics,
    file_shm_map,
    file_shm_lock,
    file_shm_barrier,
    file_shm_unmap,
    NULL,
    NULL,
};

static int vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *base, int flags, int *out) {
    (void)vfs;
    open_file *file = (open_file *)base;
    memset(file, 0, sizeof *file);
    file->real = (sqlite3_file *)(file + 1);
    if (is_dead) return SQLITE_CANTOPEN;
    int result = below->xOpen(below, path, file->real, flags, out);
    if (!file->real->pMethods) return result;
    file->generation = generation;
    // What has no name is temporary: it does not outlive its process.
    file->kept = path ? keep(path) : NULL;
    base->pMethods = &methods;
    return result;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int syncs) {
    (void)vfs;
    if (is_dead) return SQLITE_IOERR_DELETE;
    int result = below->xDelete(below, path, syncs);
    if (result == SQLITE_OK) {
        kept_file *file = keep(path);
        forget_changes(file);
        file->size = 0;
    }
    return result;
}

static int vfs_access(sqlite3_vfs *vfs, const char *path, int flags, int *result) {
    (void)vfs;
    return below->xAccess(below, path, flags, result);
}

static int vfs_full_path(sqlite3_vfs *vfs, const char *path, int count, char *result) {
    (void)vfs;
    return below->xFullPathname(below, path, count, result);
}

static int vfs_randomness(sqlite3_vfs *vfs, int count, char *bytes) {
    (void)vfs;
    for (int index = 0; index < count; index++) bytes[index] = (char)next_random();
    return count;
}

static int vfs_sleep(sqlite3_vfs *vfs, int microseconds) {
    (void)vfs;
    return microseconds;
}

static int vfs_last_error(sqlite3_vfs *vfs, int count, char *text) {
    (void)vfs;
    return below->xGetLastError(below, count, text);
}

static int vfs_time(sqlite3_vfs *vfs, double *days) {
    (void)vfs;
    // By the clock that is simulated, as it calls `gettimeofday`.
    return below->xCurrentTime(below, days);
}

static int vfs_time_64(sqlite3_vfs *vfs, sqlite3_int64 *time) {
    (void)vfs;
    return below->xCurrentTimeInt64(below, time);
}

static sqlite3_vfs simulated;

int32_t disk_install(void) {
    below = sqlite3_vfs_find("unix");
    if (!below) return SQLITE_ERROR;
    simulated = (sqlite3_vfs){
        .iVersion = 2,
        .szOsFile = (int)sizeof(open_file) + below->szOsFile,
        .mxPathname = below->mxPathname,
        .zName = "simulated",
        .xOpen = vfs_open,
        .xDelete = vfs_delete,
        .xAccess = vfs_access,
        .xFullPathname = vfs_full_path,
        .xRandomness = vfs_randomness,
        .xSleep = vfs_sleep,
        .xCurrentTime = vfs_time,
        .xGetLastError = vfs_last_error,
        .xCurrentTimeInt64 = vfs_time_64,
    };
    return sqlite3_vfs_register(&simulated, 1);
}

void disk_reset(uint64_t seed) {
    for (int index = 0; index < most_files; index++) {
        kept_file *file = &files[index];
        forget_changes(file);
        free(file->path);
        file->path = NULL;
        file->size = 0;
    }
    random_state = seed;
    calls = failures = sectors_lost = crash_after = 0;
    is_calm = is_dead = 0;
    faults = (disk_faults){0};
    generation++;
    // SQLite draws its own numbers from here on.
    sqlite3_randomness(0, NULL);
}

void disk_set_faults(disk_faults new_faults) { faults = new_faults; }

void disk_print(int32_t is_printing) { prints = is_printing; }

void disk_calm(int32_t calm) { is_calm = calm; }

void disk_crash_after(int64_t count) { crash_after = count; }

int32_t disk_is_dead(void) { return is_dead; }

void disk_die(void) { is_dead = 1; }

void disk_lose_power(void) {
    for (int index = 0; index < most_files && files[index].path; index++) lose_power(&files[index]);
}

void disk_revive(void) {
    generation++;
    is_dead = 0;
    crash_after = 0;
}

int64_t disk_calls(void) { return calls; }

int64_t disk_failures(void) { return failures; }

int64_t disk_sectors_lost(void) { return sectors_lost; }
