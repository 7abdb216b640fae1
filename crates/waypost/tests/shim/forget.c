/*
 * Preloaded into a server, keeps beside its data directory what a disk would still hold after the power went: of every
 * file the content at its last sync, of the directory the names at its last sync. Whole files are taken over at each sync,
 * whichever way they were written, so no way of writing can be missed.
 *
 * FORGET_DATA    the data directory, an absolute path without links; only files directly in it count
 * FORGET_STABLE  where the stable state is kept: a file for each inode, and `names` with lines "INODE NAME"
 * FORGET_SYNCS   when set, syncs are ignored: only what was there at the start is stable
 *
 * SQLite's -shm is left out: it is shared memory, made anew after a crash.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 1 << 16 };

static const char *data, *stable;
static int deaf;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void die(const char *what, const char *path)
{
    fprintf(stderr, "forget: %s %s: %s\n", what, path, strerror(errno));
    abort();
}

/* Inode numbers are used again after a file is gone; with the time of birth they are not. */
static void key_of(int fd, char key[64])
{
    struct statx file;
    if (statx(fd, "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &file) != 0)
        die("statx", "");
    snprintf(key, 64, "%llu-%lld-%u", (unsigned long long)file.stx_ino,
             (long long)file.stx_btime.tv_sec, file.stx_btime.tv_nsec);
}

static int counts(const char *name)
{
    size_t length = strlen(name);
    return length < 4 || strcmp(name + length - 4, "-shm") != 0;
}

/* Takes a file over. Reads through the caller's descriptor where it can: to close another one of the same file would drop
 * SQLite's locks. */
static void keep_content(int fd, const char *path)
{
    static char fresh[BLOCK], old[BLOCK];
    char key[64], to[4096];
    int own = -1, kept;
    off_t at = 0;
    key_of(fd, key);
    snprintf(to, sizeof to, "%s/%s", stable, key);
    if (pread(fd, fresh, 1, 0) < 0) {
        own = open(path, O_RDONLY | O_CLOEXEC);
        if (own < 0)
            die("open", path);
        fd = own;
    }
    kept = open(to, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (kept < 0)
        die("open", to);
    for (;;) {
        ssize_t length = pread(fd, fresh, BLOCK, at);
        if (length < 0)
            die("read", path);
        if (length == 0)
            break;
        if (pread(kept, old, length, at) != length || memcmp(fresh, old, length) != 0)
            if (pwrite(kept, fresh, length, at) != length)
                die("write", to);
        at += length;
    }
    if (ftruncate(kept, at) != 0)
        die("truncate", to);
    close(kept);
    if (own >= 0)
        close(own);
}

/* Takes the directory's names over, all at once. */
static void keep_names(int with_content)
{
    char path[4096], temporary[4096], final[4096], key[64];
    struct dirent *entry;
    FILE *names;
    DIR *directory = opendir(data);
    if (directory == NULL)
        die("open", data);
    snprintf(temporary, sizeof temporary, "%s/names.next", stable);
    snprintf(final, sizeof final, "%s/names", stable);
    names = fopen(temporary, "we");
    if (names == NULL)
        die("open", temporary);
    while ((entry = readdir(directory)) != NULL) {
        struct stat file;
        int fd;
        snprintf(path, sizeof path, "%s/%s", data, entry->d_name);
        if (!counts(entry->d_name) || lstat(path, &file) != 0 || !S_ISREG(file.st_mode))
            continue;
        /* O_PATH takes no part in locks, and none are held yet when contents are read at the start. */
        fd = open(path, (with_content ? O_RDONLY : O_PATH) | O_CLOEXEC);
        if (fd < 0)
            continue;
        key_of(fd, key);
        fprintf(names, "%s %s\n", key, entry->d_name);
        if (with_content)
            keep_content(fd, path);
        close(fd);
    }
    closedir(directory);
    if (fclose(names) != 0 || rename(temporary, final) != 0)
        die("write", final);
}

__attribute__((constructor)) static void begin(void)
{
    data = getenv("FORGET_DATA");
    stable = getenv("FORGET_STABLE");
    deaf = getenv("FORGET_SYNCS") != NULL;
    if (data == NULL || stable == NULL)
        abort();
    if (mkdir(stable, 0700) != 0)
        die("make", stable);
    keep_names(1);
}

static void synced(int fd)
{
    char link[64], path[4096];
    size_t length = strlen(data);
    ssize_t end;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    end = readlink(link, path, sizeof path - 1);
    if (deaf || end < 0)
        return;
    path[end] = '\0';
    if (strncmp(path, data, length) != 0)
        return;
    pthread_mutex_lock(&lock);
    if (path[length] == '\0')
        keep_names(0);
    else if (path[length] == '/' && strchr(path + length + 1, '/') == NULL && counts(path))
        keep_content(fd, path);
    pthread_mutex_unlock(&lock);
}

static int forward(const char *name, int fd)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    int result = real(fd);
    if (result == 0)
        synced(fd);
    return result;
}

int fsync(int fd)
{
    return forward("fsync", fd);
}

int fdatasync(int fd)
{
    return forward("fdatasync", fd);
}
