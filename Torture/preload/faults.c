// Makes calls of a program fail that it makes on files, as a broken disk does, and keeps what a power cut would leave.
//
// TORTURE_FAULTS names a file that the program which tortures shares with this library: what is to fail, and how often it was
// called. It has `struct control` at its beginning; rig/faults.py writes it.
//
// TORTURE_DURABLE, if it is set, names a directory in which each of the files is as it would be on the disk: what was written
// arrives there when a sync of it succeeds. What a failed sync was to write does not, unless it is written once more: that is what
// the kernel does, which takes the pages for clean afterwards (https://wiki.postgresql.org/wiki/Fsync_Errors).
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PAGE = 4096, FILES = 8, PAGES = 1 << 16, PATH_BYTES = 192 };

enum call {
    WRITE = 1 << 0,
    SYNC = 1 << 1,
    TRUNCATE = 1 << 2,
    OPEN = 1 << 3,
    RESERVE = 1 << 4,
    MAP = 1 << 5,
    REMOVE = 1 << 6,
    MAKE = 1 << 7,
    READ = 1 << 8,
};

struct control {
    int64_t is_armed;
    int64_t calls;       // enum call, those that are counted
    int64_t at;          // the first that fails, from 1
    int64_t is_forever;  // whether all behind it fail, too
    int64_t error;       // errno; 0: half of a write is done
    int64_t seen;        // calls that were counted
    int64_t failed;      // those of them that failed
    int64_t delay_us;    // that each sync takes longer, armed or not
    char path[PATH_BYTES];  // a part of the path of what is counted
    char names[FILES][64];  // of the files in the durable directory
    uint8_t dirty[FILES][PAGES];  // pages that were written and not synced
};

static struct control *control;
static const char *durable;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name) ((typeof(&name))real(#name))
static void *real(const char *name) {
    void *symbol = dlsym(RTLD_NEXT, name);
    if (!symbol) abort();
    return symbol;
}

__attribute__((constructor)) static void begin(void) {
    const char *name = getenv("TORTURE_FAULTS");
    int file = name ? REAL(open64)(name, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *mapped = REAL(mmap64)(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (mapped == MAP_FAILED) return;
    control = mapped;
    durable = getenv("TORTURE_DURABLE");
}

// Whether this call is one that is to fail. Counts it.
static int is_struck(enum call call, const char *path) {
    if (!control || !__atomic_load_n(&control->is_armed, __ATOMIC_ACQUIRE) || !(control->calls & call)) return 0;
    if (!strstr(path, control->path)) return 0;
    int64_t number = __atomic_add_fetch(&control->seen, 1, __ATOMIC_ACQ_REL);
    if (number < control->at || (number > control->at && !control->is_forever)) return 0;
    __atomic_add_fetch(&control->failed, 1, __ATOMIC_ACQ_REL);
    return 1;
}

static const char *path_of(int file, char *path) {
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, PATH_BYTES * 4 - 1);
    path[length > 0 ? length : 0] = 0;
    return path;
}

// A disk that is slow.
static void wait_for_disk(int file) {
    char path[PATH_BYTES * 4];
    if (!control || !control->delay_us || !strstr(path_of(file, path), control->path)) return;
    usleep((useconds_t)control->delay_us);
}

static int is_struck_file(enum call call, int file) {
    char path[PATH_BYTES * 4];
    if (!control || !control->is_armed || !(control->calls & call)) return 0;
    int before = errno;
    int struck = is_struck(call, path_of(file, path));
    errno = before;
    return struck;
}

// ---- What would be on the disk ----

// The number of a file whose durable form is kept, or -1.
static int kept(int file) {
    char path[PATH_BYTES * 4];
    if (!control || !durable) return -1;
    path_of(file, path);
    const char *name = strrchr(path, '/');
    if (!name || !strstr(path, control->path)) return -1;
    size_t length = strlen(++name);
    if (length < 3 || length >= sizeof control->names[0] || !strcmp(name + length - 4, "-shm") || !strcmp(name + length - 5, ".lock"))
        return -1;
    for (int i = 0; i < FILES; i++) {
        if (!control->names[i][0]) strcpy(control->names[i], name);
        if (!strcmp(control->names[i], name)) return i;
    }
    return -1;
}

static int number_of(const char *path) {
    const char *name = strrchr(path, '/');
    for (int i = 0; name && i < FILES; i++)
        if (!strcmp(control->names[i], name + 1)) return i;
    return -1;
}

static int durable_file(int number) {
    char path[PATH_BYTES * 4];
    snprintf(path, sizeof path, "%s/%s", durable, control->names[number]);
    return REAL(open64)(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

static void wrote(int file, int64_t offset, ssize_t bytes) {
    if (bytes <= 0) return;
    int before = errno;
    pthread_mutex_lock(&lock);
    int number = kept(file);
    for (int64_t page = offset / PAGE; number >= 0 && page <= (offset + bytes - 1) / PAGE; page++) {
        if (page >= PAGES) abort();
        control->dirty[number][page] = 1;
    }
    pthread_mutex_unlock(&lock);
    errno = before;
}

static void synced(int file, int is_lost) {
    int before = errno;
    pthread_mutex_lock(&lock);
    int number = kept(file);
    int copy = number >= 0 && !is_lost ? durable_file(number) : -1;
    int descriptor = file;
    char link[32];
    // A file that is open for writing only cannot be read.
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    if (copy >= 0) descriptor = REAL(open64)(link, O_RDONLY | O_CLOEXEC);
    for (int page = 0; number >= 0 && page < PAGES; page++) {
        if (!control->dirty[number][page]) continue;
        control->dirty[number][page] = 0;
        char bytes[PAGE];
        ssize_t length = copy >= 0 ? REAL(pread64)(descriptor, bytes, PAGE, (off64_t)page * PAGE) : 0;
        if (length > 0 && REAL(pwrite64)(copy, bytes, length, (off64_t)page * PAGE) != length) abort();
    }
    if (copy >= 0) {
        close(copy);
        close(descriptor);
    }
    pthread_mutex_unlock(&lock);
    errno = before;
}

static void truncated(int file, int64_t length) {
    int before = errno;
    pthread_mutex_lock(&lock);
    int number = kept(file);
    int copy = number >= 0 ? durable_file(number) : -1;
    if (copy >= 0) {
        if (REAL(ftruncate64)(copy, length)) abort();
        close(copy);
    }
    pthread_mutex_unlock(&lock);
    errno = before;
}

static void removed(const char *path) {
    if (!control || !durable || !strstr(path, control->path)) return;
    int before = errno;
    const char *name = strrchr(path, '/');
    char copy[PATH_BYTES * 4];
    snprintf(copy, sizeof copy, "%s/%s", durable, name ? name + 1 : path);
    REAL(unlink)(copy);
    for (int i = 0; name && i < FILES; i++)
        if (!strcmp(control->names[i], name + 1)) memset(control->dirty[i], 0, PAGES);
    errno = before;
}

// A file system keeps the order of names and of what it was told to sync. What of the file was not synced is not there yet.
static void renamed(const char *from, const char *to) {
    if (!control || !durable || !strstr(from, control->path) || !strstr(to, control->path)) return;
    int before = errno;
    pthread_mutex_lock(&lock);
    int source = number_of(from), target = number_of(to);
    char old[PATH_BYTES * 4], new[PATH_BYTES * 4];
    if (source >= 0 && target >= 0) {
        snprintf(old, sizeof old, "%s/%s", durable, control->names[source]);
        snprintf(new, sizeof new, "%s/%s", durable, control->names[target]);
        if (REAL(rename)(old, new)) abort();
        memcpy(control->dirty[target], control->dirty[source], PAGES);
        memset(control->dirty[source], 0, PAGES);
    }
    pthread_mutex_unlock(&lock);
    errno = before;
}

// ---- The calls ----

static int failure(void) {
    errno = control->error ? (int)control->error : ENOSPC;
    return -1;
}

// Half of the write, which the next call of the program would finish, or find out why it cannot.
static ssize_t short_write(int file, const void *bytes, size_t count, off64_t offset) {
    if (control->error || count < 2) return failure();
    ssize_t done = offset < 0 ? REAL(write)(file, bytes, count / 2) : REAL(pwrite64)(file, bytes, count / 2, offset);
    if (offset >= 0) wrote(file, offset, done);
    return done;
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t offset) {
    if (is_struck_file(WRITE, file)) return short_write(file, bytes, count, offset);
    ssize_t done = REAL(pwrite64)(file, bytes, count, offset);
    if (durable) wrote(file, offset, done);
    return done;
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset) { return pwrite64(file, bytes, count, offset); }

ssize_t write(int file, const void *bytes, size_t count) {
    if (is_struck_file(WRITE, file)) return short_write(file, bytes, count, -1);
    off64_t offset = durable && kept(file) >= 0 ? lseek64(file, 0, SEEK_CUR) : -1;
    ssize_t done = REAL(write)(file, bytes, count);
    if (offset >= 0) wrote(file, offset, done);
    return done;
}

ssize_t pread64(int file, void *bytes, size_t count, off64_t offset) {
    return is_struck_file(READ, file) ? failure() : REAL(pread64)(file, bytes, count, offset);
}

ssize_t pread(int file, void *bytes, size_t count, off_t offset) { return pread64(file, bytes, count, offset); }

int fsync(int file) {
    wait_for_disk(file);
    if (is_struck_file(SYNC, file)) {
        if (durable) synced(file, 1);
        return failure();
    }
    int result = REAL(fsync)(file);
    if (durable && !result) synced(file, 0);
    return result;
}

int fdatasync(int file) {
    wait_for_disk(file);
    if (is_struck_file(SYNC, file)) {
        if (durable) synced(file, 1);
        return failure();
    }
    int result = REAL(fdatasync)(file);
    if (durable && !result) synced(file, 0);
    return result;
}

int ftruncate64(int file, off64_t length) {
    if (is_struck_file(TRUNCATE, file)) return failure();
    int result = REAL(ftruncate64)(file, length);
    if (durable && !result) truncated(file, length);
    return result;
}

int ftruncate(int file, off_t length) { return ftruncate64(file, length); }

int posix_fallocate64(int file, off64_t offset, off64_t length) {
    if (is_struck_file(RESERVE, file)) return failure(), errno;
    return REAL(posix_fallocate64)(file, offset, length);
}

int posix_fallocate(int file, off_t offset, off_t length) { return posix_fallocate64(file, offset, length); }

static int opened(const char *path, int flags, mode_t mode) {
    if (is_struck(OPEN, path)) return failure();
    return REAL(open64)(path, flags, mode);
}

#define MODE(flags)                            \
    mode_t mode = 0;                           \
    if (flags & (O_CREAT | O_TMPFILE)) {       \
        va_list list;                          \
        va_start(list, flags);                 \
        mode = va_arg(list, mode_t);           \
        va_end(list);                          \
    }

int open64(const char *path, int flags, ...) {
    MODE(flags);
    return opened(path, flags, mode);
}

int open(const char *path, int flags, ...) {
    MODE(flags);
    return opened(path, flags, mode);
}

int openat64(int directory, const char *path, int flags, ...) {
    MODE(flags);
    if (is_struck(OPEN, path)) return failure();
    return REAL(openat64)(directory, path, flags, mode);
}

int openat(int directory, const char *path, int flags, ...) {
    MODE(flags);
    if (is_struck(OPEN, path)) return failure();
    return REAL(openat64)(directory, path, flags, mode);
}

void *mmap64(void *address, size_t length, int protection, int flags, int file, off64_t offset) {
    if (file >= 0 && is_struck_file(MAP, file)) {
        failure();
        return MAP_FAILED;
    }
    return REAL(mmap64)(address, length, protection, flags, file, offset);
}

void *mmap(void *address, size_t length, int protection, int flags, int file, off_t offset) {
    return mmap64(address, length, protection, flags, file, offset);
}

int unlink(const char *path) {
    if (is_struck(REMOVE, path)) return failure();
    int result = REAL(unlink)(path);
    if (!result) removed(path);
    return result;
}

int rename(const char *from, const char *to) {
    if (is_struck(REMOVE, from)) return failure();
    int result = REAL(rename)(from, to);
    if (!result) renamed(from, to);
    return result;
}

int mkdir(const char *path, mode_t mode) {
    return is_struck(MAKE, path) ? failure() : REAL(mkdir)(path, mode);
}
