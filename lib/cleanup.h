/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Scope guards: a variable marked with one of these is released when its scope
 * ends, on every path. A function that hands its resource to the caller ends
 * with return_ptr(p), which disarms the guard.
 */
#ifndef LIB_CLEANUP_H
#define LIB_CLEANUP_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define _cleanup_(fn) __attribute__((cleanup(fn)))

static inline void cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_fclose(FILE **f)
{
	if (*f)
		fclose(*f);
}

static inline void cleanup_closedir(DIR **d)
{
	if (*d)
		closedir(*d);
}

#define _cleanup_free_ _cleanup_(cleanup_free)
#define _cleanup_close_ _cleanup_(cleanup_close) /* initialise with -1 */
#define _cleanup_fclose_ _cleanup_(cleanup_fclose)
#define _cleanup_closedir_ _cleanup_(cleanup_closedir)

/* The value of p, with p itself set to NULL so that its guard does nothing. */
#define no_free_ptr(p)                      \
	({                                  \
		__typeof__(p) ptr_ = (p);   \
		(p) = NULL;                 \
		ptr_;                       \
	})
#define return_ptr(p) return no_free_ptr(p)

/* The same for a descriptor under _cleanup_close_. */
#define no_close_fd(fd)            \
	({                         \
		int fd_ = (fd);    \
		(fd) = -1;         \
		fd_;               \
	})

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
