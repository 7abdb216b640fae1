/*
 * Preloaded into a server on SQLite, kills it in a commit: while the commit is written to the log, before the log is synced, or after.
 *
 * STRIKE_AT  a file that a test overwrites at any time: two bytes. The first says which commit from now on, 0 is none; the second where:
 *            1 when the first part of it has been written, 2 before the sync, 3 after it. The first is counted down.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

enum { TORN = 1, UNSYNCED = 2, SYNCED = 3 };

/* One thread alone writes to the log. */
static volatile unsigned char *at;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("STRIKE_AT");
    int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
    void *mapped = fd < 0 ? MAP_FAILED : mmap(NULL, 2, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED)
        abort();
    close(fd);
    at = mapped;
}

static int armed_for_log(int fd)
{
    char link[64], path[4096];
    ssize_t end;
    if (at == NULL || at[0] == 0)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    end = readlink(link, path, sizeof path - 1);
    return end > 4 && strncmp(path + end - 4, "-wal", 4) == 0;
}

static void strike(void)
{
    at[0] = 0;
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

static ssize_t put(const char *name, int fd, const void *bytes, size_t count, off64_t place)
{
    ssize_t (*real)(int, const void *, size_t, off64_t) = (ssize_t(*)(int, const void *, size_t, off64_t))dlsym(RTLD_NEXT, name);
    ssize_t result = real(fd, bytes, count, place);
    if (armed_for_log(fd) && at[0] == 1 && at[1] == TORN)
        strike();
    return result;
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t place)
{
    return put("pwrite64", fd, bytes, count, place);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t place)
{
    return put("pwrite64", fd, bytes, count, place);
}

static int sync_with(const char *name, int fd)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    int counts = armed_for_log(fd);
    int result;
    if (counts && at[0] == 1 && at[1] == UNSYNCED)
        strike();
    result = real(fd);
    if (counts && at[0] == 1 && at[1] == SYNCED)
        strike();
    if (counts)
        at[0]--;
    return result;
}

int fsync(int fd)
{
    return sync_with("fsync", fd);
}

int fdatasync(int fd)
{
    return sync_with("fdatasync", fd);
}
