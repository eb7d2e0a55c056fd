/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The folder of a target. It may be empty, ours (it has our lock file) or missing; a folder
 * that holds other people's files is refused.
 */
#ifndef GEN_FOLDER_H
#define GEN_FOLDER_H

#include "gen/plan/plan.h"

/*
 * Makes the folder if need be and locks it until *ret_fd is closed, by the kernel if need
 * be. Not empty and not ours, or locked by another generator: an error.
 */
MUST_CHECK struct err *folder_claim(const char *dir, int *ret_fd);

/*
 * Removes the manifest, then all libraries, objects and programs that the plan has not and
 * what killed compilers and linkers left; makes the folders within. The folder is claimed.
 */
MUST_CHECK struct err *folder_prepare(const char *dir, const struct target_spec *spec, const struct plan *plan);

/* Removes a file of the folder; that there is none is no error. */
MUST_CHECK struct err *folder_remove_file(const char *dir, const char *name);

#endif
