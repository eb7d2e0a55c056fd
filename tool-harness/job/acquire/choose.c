/* SPDX-License-Identifier: BSD-3-Clause */
/* A table of what each strategy comes to with each kind of launcher. Starts nothing but 'mpirun --version'. */
#include "job/acquire/choose.h"

#include "job/acquire/acquire.h"
#include "job/launcher.h"
#include "lib/mem.h"

/* Rows of those strategies that not every launcher can do. */
static const struct choice {
	enum acquire wanted;
	enum launcher_kind kind;
	enum acquire used; /* ACQUIRE_N: none */
	const char *lacks, *hint;
} choices[] = {
	{ ACQUIRE_AUTO, LAUNCHER_KIND_MPIR, ACQUIRE_MPIR_LAUNCH, NULL, NULL },
	{ ACQUIRE_AUTO, LAUNCHER_KIND_PRRTE, ACQUIRE_SHIM, NULL, NULL },
	{ ACQUIRE_AUTO, LAUNCHER_KIND_OTHER, ACQUIRE_SHIM, NULL, NULL },
	{ ACQUIRE_MPIR_LAUNCH, LAUNCHER_KIND_PRRTE, ACQUIRE_N, "has no process table (MPIR)",
	  "acquire by shim (tasks stopped at their start) or pmix (tasks that run), or use Open MPI 4's mpirun" },
	{ ACQUIRE_MPIR_ATTACH, LAUNCHER_KIND_PRRTE, ACQUIRE_PMIX, NULL, NULL },
	{ ACQUIRE_PMIX, LAUNCHER_KIND_MPIR, ACQUIRE_N, "answers no PMIx tool of this kind, which would crash it",
	  "acquire by mpir-attach, which reads its process table" },
	{ ACQUIRE_PMIX, LAUNCHER_KIND_OTHER, ACQUIRE_N, "is not known to answer PMIx tools",
	  "acquire by environ, or by the shim; Open MPI from 5 on and PRRTE answer" },
};

struct err *acquire_choose(const struct scenario *scenario, enum acquire *ret)
{
	enum acquire wanted = (enum acquire)scenario->acquire;
	_cleanup_free_ char *version = NULL;
	enum launcher_kind kind;

	*ret = wanted;
	if (wanted != ACQUIRE_AUTO && wanted != ACQUIRE_MPIR_LAUNCH && wanted != ACQUIRE_MPIR_ATTACH &&
	    wanted != ACQUIRE_PMIX)
		return NULL;
	/* Without a tool nobody comes by the tasks: they only start. */
	if (scenario->launcher == LAUNCHER_SPAWN || scenario_is_untraced(scenario)) {
		*ret = scenario->launcher == LAUNCHER_SPAWN ? ACQUIRE_SPAWN : ACQUIRE_SHIM;
		return NULL;
	}
	version = launcher_version(scenario->mpirun);
	kind = launcher_kind_of(version);
	for (size_t i = 0; i < ARRAY_SIZE(choices); i++) {
		const struct choice *choice = &choices[i];

		if (choice->wanted != wanted || choice->kind != kind)
			continue;
		if (choice->used == ACQUIRE_N)
			return err_hint(err_exit(EXIT_SKIPPED, "'acquire' is %s, but '%s'%s%s%s %s",
						 acquire_get(wanted)->name, scenario->mpirun, version ? " (" : "",
						 version ? version : "", version ? ")" : "", choice->lacks),
					"%s", choice->hint);
		*ret = choice->used;
	}
	return *ret == ACQUIRE_PMIX ? pmix_check() : NULL;
}

enum acquire acquire_choose_running(pid_t launcher)
{
	return launcher_is_prrte(launcher) ? ACQUIRE_PMIX : ACQUIRE_MPIR_ATTACH;
}
