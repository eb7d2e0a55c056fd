/* SPDX-License-Identifier: BSD-3-Clause */
/* Internal: the checks of `attachstorm doctor`. */
#ifndef CMD_DOCTOR_DOCTOR_H
#define CMD_DOCTOR_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cmd/run/prepare.h"
#include "job/scenario/scenario.h"
#include "lib/err.h"

enum doctor_answer { DOCTOR_YES, DOCTOR_PARTLY, DOCTOR_NO };

/* One line of the answer. */
struct finding {
	const char *group; /* of its check */
	char *name;
	enum doctor_answer answer;
	char *what;        /* what was seen */
	char *way_out;     /* NULL: none is needed, or known */
};

/* What is asked, and what was found until now. */
struct doctor {
	struct scenario scenario;        /* defaults, or those of --for */
	int64_t tasks;                   /* for which memory and limits must do */
	const struct prepared *prepared; /* the target's program; NULL: no target was given */
	const volatile bool *stop;
	bool asked;                      /* --for: only what the scenario needs */
	struct finding *v;
	size_t n, cap;
};

struct doctor_check {
	const char *group, *name;
	/* Says one finding, or several. Leaves nothing behind. */
	void (*look)(struct doctor *doctor, const struct doctor_check *check);
	/* Whether a scenario needs it; NULL: none does by itself. */
	bool (*needed)(const struct scenario *scenario);
};

/* A finding of a check. name: NULL is the check's. way_out may be NULL; all are copied. */
void doctor_say(struct doctor *doctor, const struct doctor_check *check, const char *name, enum doctor_answer answer,
		const char *what, const char *way_out);

/* The same: yes with `what` (heap, taken) if there is no error, else `bad` with the error's words. Takes the error. */
void doctor_say_err(struct doctor *doctor, const struct doctor_check *check, enum doctor_answer bad, struct err *err,
		    char *what);

/* The checks by what they are about, NULL-terminated by look. */
extern const struct doctor_check doctor_tracing[], doctor_machine[], doctor_programs[];

#endif
