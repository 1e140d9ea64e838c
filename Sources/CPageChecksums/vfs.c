#include <string.h>

#include "files.h"
#include "page_checksums.h"

static sqlite3_vfs *default_vfs(void) { return sqlite3_vfs_find(NULL); }

// Files

static const sqlite3_io_methods *methods_below(sqlite3_file *base) { return ((checked_file *)base)->below->pMethods; }

static sqlite3_file *below(sqlite3_file *base) { return ((checked_file *)base)->below; }

int read_below(const checked_file *file, void *bytes, int count, sqlite3_int64 offset) {
    return file->below->pMethods->xRead(file->below, bytes, count, offset);
}

int write_below(const checked_file *file, const void *bytes, int count, sqlite3_int64 offset) {
    return file->below->pMethods->xWrite(file->below, bytes, count, offset);
}

unsigned char *scratch_of(checked_file *file, int count) {
    if (file->scratch_bytes >= count) return file->scratch;
    sqlite3_free(file->scratch);
    file->scratch = sqlite3_malloc(count);
    file->scratch_bytes = file->scratch ? count : 0;
    return file->scratch;
}

static int file_close(sqlite3_file *base) {
    checked_file *file = (checked_file *)base;
    int result = methods_below(base)->xClose(below(base));
    sqlite3_free(file->below);
    sqlite3_free(file->scratch);
    return result;
}

static int file_read(sqlite3_file *base, void *bytes, int count, sqlite3_int64 offset) {
    checked_file *file = (checked_file *)base;
    switch (file->kind) {
    case database_file: return read_database(file, bytes, count, offset);
    case log_file: return read_log(file, bytes, count, offset);
    default: return read_below(file, bytes, count, offset);
    }
}

static int file_write(sqlite3_file *base, const void *bytes, int count, sqlite3_int64 offset) {
    checked_file *file = (checked_file *)base;
    switch (file->kind) {
    case database_file: return write_database(file, bytes, count, offset);
    case log_file: return write_log(file, bytes, count, offset);
    default: return write_below(file, bytes, count, offset);
    }
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 size) {
    checked_file *file = (checked_file *)base;
    return file->kind == database_file ? truncate_database(file, size) : methods_below(base)->xTruncate(below(base), size);
}

static int file_sync(sqlite3_file *base, int flags) { return methods_below(base)->xSync(below(base), flags); }

static int file_size(sqlite3_file *base, sqlite3_int64 *size) { return methods_below(base)->xFileSize(below(base), size); }

static int file_lock(sqlite3_file *base, int lock) { return methods_below(base)->xLock(below(base), lock); }

static int file_unlock(sqlite3_file *base, int lock) { return methods_below(base)->xUnlock(below(base), lock); }

static int file_check_lock(sqlite3_file *base, int *is_locked) {
    return methods_below(base)->xCheckReservedLock(below(base), is_locked);
}

static int file_control(sqlite3_file *base, int operation, void *argument) {
    return methods_below(base)->xFileControl(below(base), operation, argument);
}

static int file_sector_size(sqlite3_file *base) { return methods_below(base)->xSectorSize(below(base)); }

static int file_characteristics(sqlite3_file *base) { return methods_below(base)->xDeviceCharacteristics(below(base)); }

static int file_shm_map(sqlite3_file *base, int page, int size, int extends, void volatile **memory) {
    return methods_below(base)->xShmMap(below(base), page, size, extends, memory);
}

static int file_shm_lock(sqlite3_file *base, int offset, int count, int flags) {
    return methods_below(base)->xShmLock(below(base), offset, count, flags);
}

static void file_shm_barrier(sqlite3_file *base) { methods_below(base)->xShmBarrier(below(base)); }

static int file_shm_unmap(sqlite3_file *base, int deletes) { return methods_below(base)->xShmUnmap(below(base), deletes); }

// Version 2 has shared memory, which a write-ahead log needs, and no memory maps, whose reads nobody could compare.
static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_lock,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
};

static file_kind kind_of(int flags) {
    if (flags & SQLITE_OPEN_MAIN_DB) return database_file;
    return flags & SQLITE_OPEN_WAL ? log_file : other_file;
}

// The VFS

static int vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *base, int flags, int *flags_out) {
    (void)vfs;
    sqlite3_vfs *real = default_vfs();
    checked_file *file = (checked_file *)base;
    *file = (checked_file){.kind = kind_of(flags), .writes = flags & SQLITE_OPEN_READWRITE, .frame_begun = -1, .frame_summed = -1};
    if (file->kind == log_file) file->database = (checked_file *)sqlite3_database_file_object(path);
    file->below = sqlite3_malloc(real->szOsFile);
    if (!file->below) return SQLITE_NOMEM;
    memset(file->below, 0, (size_t)real->szOsFile);
    int result = real->xOpen(real, path, file->below, flags, flags_out);
    // A file that has methods is closed by SQLite, also if it could not be opened.
    if (file->below->pMethods) {
        base->pMethods = &methods;
    } else {
        sqlite3_free(file->below);
    }
    return result;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int syncs) {
    (void)vfs;
    return default_vfs()->xDelete(default_vfs(), path, syncs);
}

static int vfs_access(sqlite3_vfs *vfs, const char *path, int flags, int *result) {
    (void)vfs;
    return default_vfs()->xAccess(default_vfs(), path, flags, result);
}

static int vfs_full_path(sqlite3_vfs *vfs, const char *path, int count, char *result) {
    (void)vfs;
    return default_vfs()->xFullPathname(default_vfs(), path, count, result);
}

static int vfs_randomness(sqlite3_vfs *vfs, int count, char *bytes) {
    (void)vfs;
    return default_vfs()->xRandomness(default_vfs(), count, bytes);
}

static int vfs_sleep(sqlite3_vfs *vfs, int microseconds) {
    (void)vfs;
    return default_vfs()->xSleep(default_vfs(), microseconds);
}

static int vfs_last_error(sqlite3_vfs *vfs, int count, char *text) {
    (void)vfs;
    return default_vfs()->xGetLastError(default_vfs(), count, text);
}

static int vfs_time(sqlite3_vfs *vfs, double *days) {
    (void)vfs;
    return default_vfs()->xCurrentTime(default_vfs(), days);
}

static int vfs_time_64(sqlite3_vfs *vfs, sqlite3_int64 *time) {
    (void)vfs;
    return default_vfs()->xCurrentTimeInt64(default_vfs(), time);
}

// SQLite does not load extensions here, so that the methods for it are missing.
static sqlite3_vfs checked = {
    .iVersion = 2,
    .szOsFile = sizeof(checked_file),
    .zName = "tracewire-sealed",
    .xOpen = vfs_open,
    .xDelete = vfs_delete,
    .xAccess = vfs_access,
    .xFullPathname = vfs_full_path,
    .xRandomness = vfs_randomness,
    .xSleep = vfs_sleep,
    .xGetLastError = vfs_last_error,
    .xCurrentTime = vfs_time,
    .xCurrentTimeInt64 = vfs_time_64,
};

const char *page_checksums_register(void) {
    sqlite3_vfs *real = default_vfs();
    if (!real) return NULL;
    checked.mxPathname = real->mxPathname;
    return sqlite3_vfs_register(&checked, 0) == SQLITE_OK ? checked.zName : NULL;
}
