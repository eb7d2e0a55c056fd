/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How far a job had come: its ranks that had not ended, by their last mark.
 *
 * Invariant: each rank that was not seen to end is named once.
 */
#include "measure/unfinished.h"

#include "lib/strbuf.h"
#include "measure/stats/rankset.h"

#define NO_MARK MARK_N /* the last set */

static enum mark last_mark(const struct trial_task *task)
{
	enum mark last = NO_MARK;

	for (size_t mark = 0; mark < MARK_N; mark++)
		if (task->marks_ns[mark] && (last == NO_MARK || task->marks_ns[mark] >= task->marks_ns[last]))
			last = (enum mark)mark;
	return last;
}

static bool has_ended(const struct trial_task *task)
{
	return task->ended || task->exit_status >= 0;
}

static void put_set(const struct rankset *set, struct strbuf *out)
{
	strbuf_puts(out, rankset_count(set) == 1 ? "rank " : "ranks ");
	rankset_put(set, out);
}

static void put_marks(const struct rankset *sets, bool several, struct strbuf *out)
{
	const char *before = ", last mark ";

	for (size_t mark = 0; mark <= MARK_N; mark++) {
		if (!sets[mark].n)
			continue;
		strbuf_puts(out, before);
		if (mark == NO_MARK)
			strbuf_puts(out, "none");
		else
			strbuf_printf(out, "'%s'", mark_names[mark]);
		if (several) {
			strbuf_puts(out, " of ");
			put_set(&sets[mark], out);
		}
		before = ", ";
	}
}

char *unfinished_text(const struct trial *trial)
{
	struct rankset all = { 0 }, sets[MARK_N + 1] = { 0 };
	struct strbuf out = STRBUF_INIT;
	size_t n_sets = 0;

	if (!trial->n_tasks)
		return NULL;
	for (size_t i = 0; i < trial->n_tasks; i++) {
		const struct trial_task *task = &trial->tasks[i];

		if (has_ended(task))
			continue;
		rankset_add(&all, (uint32_t)task->rank);
		rankset_add(&sets[last_mark(task)], (uint32_t)task->rank);
	}
	for (size_t mark = 0; mark <= MARK_N; mark++)
		n_sets += sets[mark].n > 0;
	if (all.n) {
		put_set(&all, &out);
		strbuf_printf(&out, " of %zu had not ended", trial->n_tasks);
	} else {
		strbuf_puts(&out, "all tasks had ended");
		if (trial->launcher_status < 0)
			strbuf_puts(&out, ", their launcher had not");
	}
	if (n_sets > 1 || (n_sets && !sets[NO_MARK].n))
		put_marks(sets, n_sets > 1, &out);
	for (size_t mark = 0; mark <= MARK_N; mark++)
		rankset_deinit(&sets[mark]);
	rankset_deinit(&all);
	return strbuf_steal(&out);
}
