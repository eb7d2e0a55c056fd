/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * FNV-1a, 64 bits (Fowler, Noll and Vo; RFC 9923): for hash tables, and for digests that tell
 * whether two things are the same. Not against somebody who wants two to look alike.
 */
#ifndef LIB_FNV_H
#define LIB_FNV_H

#include <stddef.h>
#include <stdint.h>

#define FNV_BASIS UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

/* The digest of what `digest` stands for (FNV_BASIS: nothing yet) and of these bytes after it. */
static inline uint64_t fnv_feed(uint64_t digest, const void *bytes, size_t len)
{
	const unsigned char *p = (const unsigned char *)bytes;

	for (size_t i = 0; i < len; i++)
		digest = (digest ^ p[i]) * FNV_PRIME;
	return digest;
}

/* The digest of a text, without its end. */
static inline uint64_t fnv_text(const char *text)
{
	uint64_t digest = FNV_BASIS;

	for (; *text; text++)
		digest = (digest ^ (unsigned char)*text) * FNV_PRIME;
	return digest;
}

#endif
