// The process's clock and randomness, replaced: a definition in the program goes before the one in the system's library.
#define _GNU_SOURCE
#include "CSimulated.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>

static int is_simulated;
static int64_t now_ns;
static uint64_t random_state;

/// 2025-10-09, in seconds since 1970: when every simulation begins.
static const int64_t epoch_seconds = 1760000000;

static long system_call(long number, long a, long b, long c, long d, long e, long f) {
    long result;
#if defined(__x86_64__)
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
#elif defined(__aarch64__)
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;
    __asm__ volatile("svc 0"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "memory");
    result = x0;
#else
#error "the simulator runs on x86-64 and arm64"
#endif
    return result;
}

void simulated_clock_set(int64_t nanoseconds) {
    is_simulated = 1;
    now_ns = nanoseconds;
}

int64_t simulated_clock_real(void) {
    struct timespec time;
    system_call(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&time, 0, 0, 0, 0);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int clock_gettime(clockid_t id, struct timespec *time) {
    if (!is_simulated) {
        long result = system_call(SYS_clock_gettime, id, (long)time, 0, 0, 0, 0);
        if (result == 0) return 0;
        errno = (int)-result;
        return -1;
    }
    int isWall = id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE;
    time->tv_sec = now_ns / 1000000000 + (isWall ? epoch_seconds : 0);
    time->tv_nsec = now_ns % 1000000000;
    return 0;
}

int gettimeofday(struct timeval *restrict value, void *restrict zone) {
    struct timespec time;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &time);
    value->tv_sec = time.tv_sec;
    value->tv_usec = time.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *seconds) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (seconds) *seconds = now.tv_sec;
    return now.tv_sec;
}

/// Nobody else is there who could signal anything: what waits for a time has waited for it.
int pthread_cond_timedwait(
    pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex, const struct timespec *restrict until) {
    (void)condition;
    (void)mutex;
    (void)until;
    return ETIMEDOUT;
}

void simulated_random_seed(uint64_t seed) { random_state = seed; }

static uint64_t next_random(void) {
    uint64_t mixed = random_state += 0x9e3779b97f4a7c15;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);
}

static void fill(void *bytes, size_t count) {
    unsigned char *at = bytes;
    while (count > 0) {
        uint64_t number = next_random();
        size_t part = count < sizeof number ? count : sizeof number;
        memcpy(at, &number, part);
        at += part;
        count -= part;
    }
}

ssize_t getrandom(void *bytes, size_t count, unsigned flags) {
    (void)flags;
    fill(bytes, count);
    return (ssize_t)count;
}

int getentropy(void *bytes, size_t count) {
    fill(bytes, count);
    return 0;
}

// Swift's library asks for random numbers in this way.
long syscall(long number, ...) {
    long arguments[6];
    va_list list;
    va_start(list, number);
    for (int index = 0; index < 6; index++) arguments[index] = va_arg(list, long);
    va_end(list);
    if (number == SYS_getrandom) {
        fill((void *)arguments[0], (size_t)arguments[1]);
        return arguments[1];
    }
    long result = system_call(
        number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
    if (result >= 0 || result < -4095) return result;
    errno = (int)-result;
    return -1;
}
