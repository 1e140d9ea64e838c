#include "database_file.h"

#include <sqlite3.h>
#include <string.h>

struct database_file {
    const char *name;
    // As many bytes as the VFS says.
    sqlite3_file file[];
};

database_file *database_file_open(const char *path) {
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    if (!vfs) return NULL;
    database_file *opened = sqlite3_malloc((int)sizeof *opened + vfs->szOsFile);
    if (!opened) return NULL;
    memset(opened, 0, sizeof *opened + (size_t)vfs->szOsFile);
    opened->name = sqlite3_create_filename(path, "", "", 0, NULL);
    int flags = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_READONLY;
    if (opened->name && vfs->xOpen(vfs, opened->name, opened->file, flags, NULL) == SQLITE_OK) return opened;
    database_file_close(opened);
    return NULL;
}

int database_file_read(database_file *opened, void *bytes, int count, long long offset) {
    sqlite3_int64 size;
    const sqlite3_io_methods *methods = opened->file->pMethods;
    if (methods->xFileSize(opened->file, &size) != SQLITE_OK || size <= offset) return 0;
    int available = size - offset < count ? (int)(size - offset) : count;
    return methods->xRead(opened->file, bytes, available, offset) == SQLITE_OK ? available : 0;
}

void database_file_close(database_file *opened) {
    if (opened->file->pMethods) opened->file->pMethods->xClose(opened->file);
    sqlite3_free_filename(opened->name);
    sqlite3_free(opened);
}
