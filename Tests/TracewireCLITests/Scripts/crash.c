// Loaded before a program (LD_PRELOAD): ends it, as `kill -9` would, at the Nth call that changes a file named in
// CRASH_FILES by its beginning, before that call is made. CRASH_AT is N. Where the program gets further, the number of such
// calls is in the file CRASH_COUNT when it ends well.
//
// Only what SQLite calls is counted: writes, changes of a file's length, syncs, and removals.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_long calls;

static void count(const char *path) {
    const char *files = getenv("CRASH_FILES");
    const char *at = getenv("CRASH_AT");
    if (files == NULL || at == NULL || strncmp(path, files, strlen(files)) != 0) return;
    if (atomic_fetch_add(&calls, 1) + 1 == atol(at)) {
        kill(getpid(), SIGKILL);
        pause();
    }
}

static void count_descriptor(int descriptor) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return;
    path[length] = 0;
    count(path);
}

#define REAL(name) ((__typeof__(&name)) dlsym(RTLD_NEXT, #name))

ssize_t pwrite64(int descriptor, const void *bytes, size_t length, off64_t offset) {
    count_descriptor(descriptor);
    return REAL(pwrite64)(descriptor, bytes, length, offset);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t length, off_t offset) {
    count_descriptor(descriptor);
    return REAL(pwrite)(descriptor, bytes, length, offset);
}

ssize_t write(int descriptor, const void *bytes, size_t length) {
    count_descriptor(descriptor);
    return REAL(write)(descriptor, bytes, length);
}

int ftruncate64(int descriptor, off64_t length) {
    count_descriptor(descriptor);
    return REAL(ftruncate64)(descriptor, length);
}

int ftruncate(int descriptor, off_t length) {
    count_descriptor(descriptor);
    return REAL(ftruncate)(descriptor, length);
}

int fdatasync(int descriptor) {
    count_descriptor(descriptor);
    return REAL(fdatasync)(descriptor);
}

int fsync(int descriptor) {
    count_descriptor(descriptor);
    return REAL(fsync)(descriptor);
}

int unlink(const char *path) {
    count(path);
    return REAL(unlink)(path);
}

__attribute__((destructor)) static void report(void) {
    const char *path = getenv("CRASH_COUNT");
    FILE *file = path == NULL ? NULL : fopen(path, "w");
    if (file == NULL) return;
    fprintf(file, "%ld\n", atomic_load(&calls));
    fclose(file);
}
