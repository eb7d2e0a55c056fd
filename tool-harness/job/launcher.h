/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a launcher is, before anything is asked of it: whether it has a process table in its memory (MPIR),
 * answers PMIx tools (PRRTE, which Open MPI 5 starts its jobs with), or has neither. Asking the wrong one is not
 * harmless: a PMIx tool crashes the mpirun of Open MPI 4.
 */
#ifndef JOB_LAUNCHER_H
#define JOB_LAUNCHER_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/err.h"

enum launcher_kind {
	LAUNCHER_KIND_OTHER, /* neither, or not known */
	LAUNCHER_KIND_MPIR,  /* Open MPI up to 4, Slurm's srun */
	LAUNCHER_KIND_PRRTE, /* Open MPI from 5 on; its process is prterun or prte */
};

/* First line that a launcher's command prints of its version, or NULL; heap. */
char *launcher_version(const char *command);

/* By that line; NULL is a command without one. */
enum launcher_kind launcher_kind_of(const char *version);

/* True of a process that is PRRTE's launcher, by its executable: the only thing that may be asked as a PMIx
 * server. A process that is not there, or not ours to look at, is none. */
bool launcher_is_prrte(pid_t pid);

#endif
