/* SPDX-License-Identifier: BSD-3-Clause */
/* What the launcher would take from a task's command line. Changes no word of the plan. */
#include "job/colon.h"

#include <string.h>

#include "lib/mem.h"

static bool words_have(const char *const *words, const char *word)
{
	for (; words && *words; words++)
		if (!strcmp(*words, word))
			return true;
	return false;
}

char *colon_stand_in(const struct job_plan *plan)
{
	char *word;

	if (plan->launcher != LAUNCHER_MPIRUN || !words_have(plan->argv, COLON))
		return NULL;
	word = mem_strdup("colon");
	while (words_have(plan->argv, word)) {
		char *longer = mem_printf("%s-", word);

		free(word);
		word = longer;
	}
	return word;
}

struct err *colon_check(const struct job_plan *plan)
{
	if (plan->launcher != LAUNCHER_MPIRUN || !words_have(plan->wrap, COLON))
		return NULL;
	return err_hint(
		err_new("the command line of the tool has the word '%s', after which the launcher '%s' would start "
			"another program",
			COLON, plan->mpirun),
		"start the tool by a script that has the word, or use the launcher 'spawn'");
}
