/*
 * Lets Debian 12's cargo (package cargo-web) use git dependencies.
 *
 * That cargo is built for libgit2 1.9 but runs with Debian's libgit2 1.5, and between the two
 * the structures with the options of a fetch and a clone have got new members. So every git
 * dependency ends in "invalid version 0 on git_proxy_options". This library stands between
 * the two and hands the options on in the older layout.
 *
 * It is preloaded into cargo alone, by the wrapper that the script `install` writes.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>

struct strings { char **strings; size_t count; };
struct callbacks { void *members[15]; };
struct proxy { unsigned version; int type; void *members[4]; };
struct checkout { void *members[18]; };

struct new_fetch {
    int version;
    struct callbacks callbacks;
    void *update_refs; /* since 1.9 */
    int prune, update_fetchhead, download_tags;
    struct proxy proxy;
    int depth; /* since 1.7 */
    int follow_redirects;
    struct strings headers;
};

struct old_fetch {
    int version;
    struct callbacks callbacks;
    int prune, update_fetchhead, download_tags;
    struct proxy proxy;
    int follow_redirects;
    struct strings headers;
};

struct clone_tail { int bare, local; void *members[5]; };

struct new_clone {
    unsigned version;
    struct checkout checkout;
    struct new_fetch fetch;
    struct clone_tail tail;
};

struct old_clone {
    unsigned version;
    struct checkout checkout;
    struct old_fetch fetch;
    struct clone_tail tail;
};

typedef int fetch_function(void *remote, const struct strings *refspecs, const void *options, const char *message);
typedef int clone_function(void **repository, const char *url, const char *path, const void *options);

/* libgit2's own call of git_remote_fetch, from within git_clone, comes here too, in the old layout. */
static _Thread_local int cloning;

__attribute__((constructor)) static void do_not_preload_into_children(void)
{
    unsetenv("LD_PRELOAD");
}

static struct old_fetch in_old_layout(const struct new_fetch *fetch)
{
    return (struct old_fetch){
        .version = fetch->version,
        .callbacks = fetch->callbacks,
        .prune = fetch->prune,
        .update_fetchhead = fetch->update_fetchhead,
        .download_tags = fetch->download_tags,
        .proxy = fetch->proxy,
        .follow_redirects = fetch->follow_redirects,
        .headers = fetch->headers,
    };
}

int git_remote_fetch(void *remote, const struct strings *refspecs, const struct new_fetch *options, const char *message)
{
    fetch_function *real = (fetch_function *)dlsym(RTLD_NEXT, "git_remote_fetch");
    if (options == NULL || cloning)
        return real(remote, refspecs, options, message);
    struct old_fetch old = in_old_layout(options);
    return real(remote, refspecs, &old, message);
}

int git_clone(void **repository, const char *url, const char *path, const struct new_clone *options)
{
    clone_function *real = (clone_function *)dlsym(RTLD_NEXT, "git_clone");
    if (options == NULL)
        return real(repository, url, path, options);
    struct old_clone old = {options->version, options->checkout, in_old_layout(&options->fetch), options->tail};
    cloning = 1;
    int result = real(repository, url, path, &old);
    cloning = 0;
    return result;
}
