/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The modules that are inside a static program. The table is generated with the target;
 * a program whose modules come from libraries is linked without it, and then its address
 * is NULL.
 */
#ifndef STATIC_MODULES_H
#define STATIC_MODULES_H

struct _object; /* Python's PyObject, without its headers */

struct static_module {
	const char *name;
	struct _object *(*init)(void); /* PyInit_<name> */
	long (*entry)(void);           /* visits the module */
};

/* In load order; ends with a name that is NULL. */
extern const struct static_module static_modules[] __attribute__((weak));

#endif
