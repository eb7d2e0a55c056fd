/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What GDB says of tasks by itself: libraries that came and went, stops, breakpoints that it
 * could put in. A solib event is one stop of the loader's hook; GDB does not say of which kind, so
 * the loader's state is read from the stopped task's memory, without tracing it.
 *
 * Invariant: libraries are those that GDB tells of, never those of the link map; each is part
 * of one event.
 */
#include <string.h>

#include "job/acquire/acquire.h"
#include "lib/mem.h"
#include "tool/gdb/gdb.h"

#define MAX_THREADS 1000000 /* numbers beyond are not kept */

static struct gdb_task *task_of_group(struct gdb_session *s, const char *group)
{
	for (size_t i = 0; i < s->n_tasks; i++)
		if (!strcmp(s->gdb->tasks[s->first_task + i].group, group))
			return &s->gdb->tasks[s->first_task + i];
	return NULL;
}

/* --- threads ---------------------------------------------------------------------- */

static void thread_created(struct gdb_session *s, const struct mi_record *record)
{
	const struct gdb_task *t = task_of_group(s, mi_get(record, "group-id", NULL));
	unsigned long id = strtoul(mi_get(record, "id", NULL), NULL, 10);

	if (!t || !id || id > MAX_THREADS)
		return;
	if (id >= s->n_threads) {
		size_t n = id + 16;

		s->task_of_thread = mem_realloc(s->task_of_thread, n, sizeof(s->task_of_thread[0]));
		memset(s->task_of_thread + s->n_threads, 0, (n - s->n_threads) * sizeof(s->task_of_thread[0]));
		s->n_threads = n;
	}
	s->task_of_thread[id] = (size_t)t->index + 1;
	gdb_trial_task(t)->threads++;
}

static struct gdb_task *task_of_thread(struct gdb_session *s, unsigned long id)
{
	return id < s->n_threads && s->task_of_thread[id] ? &s->gdb->tasks[s->task_of_thread[id] - 1] : NULL;
}

/* --- libraries -------------------------------------------------------------------- */

static struct library *library_named(struct gdb *gdb, const char *path)
{
	struct library *library = library_get(gdb->libraries, path);

	if (library->trial_id == UINT32_MAX)
		library->trial_id = trial_library_id(gdb->trial, library->path);
	return library;
}

static void map_library(struct gdb_task *t, struct library *library, const struct mi_record *record)
{
	const struct mi_value *ranges = mi_find(record, record->values, "ranges");
	const struct mi_value *range = ranges ? mi_first(record, ranges) : NULL;
	const struct mi_value *from = range ? mi_find(record, range, "from") : NULL;
	const struct mi_value *to = range ? mi_find(record, range, "to") : NULL;

	mem_grow(t->mapped, t->n_mapped, t->cap_mapped);
	t->mapped[t->n_mapped++] = (struct gdb_library){
		.library = library,
		.from = from ? strtoull(from->text, NULL, 16) : 0,
		.to = to ? strtoull(to->text, NULL, 16) : 0,
	};
	mem_grow(t->added, t->n_added, t->cap_added);
	t->added[t->n_added++] = library;
	if (library->target_index < 0 || t->target_seen[library->target_index])
		return;
	t->target_seen[library->target_index] = true;
	gdb_trial_task(t)->target_libraries++;
}

static void unmap_library(struct gdb_task *t, struct library *library)
{
	for (size_t i = 0; i < t->n_mapped; i++) {
		if (t->mapped[i].library != library)
			continue;
		memmove(t->mapped + i, t->mapped + i + 1, (t->n_mapped - i - 1) * sizeof(t->mapped[0]));
		t->n_mapped--;
		break;
	}
	mem_grow(t->removed, t->n_removed, t->cap_removed);
	t->removed[t->n_removed++] = library;
}

/* --- events ----------------------------------------------------------------------- */

/*
 * One event, with the libraries told since the last one. It is seen when GDB first speaks of it:
 * what GDB did before, and how long the task stood still for that, is not told.
 */
static struct event *add_event(struct gdb_task *t, enum event_class class, int64_t now_ns)
{
	struct trial *trial = t->session->gdb->trial;
	struct event *event = trial_add_event(trial);

	event->task = t->index;
	event->tid = gdb_trial_task(t)->pid;
	event->class = class;
	event->seen_ns = event->begin_ns = t->told_ns ? t->told_ns : now_ns;
	event->added = (uint32_t)t->n_added;
	event->removed = (uint32_t)t->n_removed;
	for (size_t i = 0; i < t->n_added; i++)
		trial_add_name(trial, t->added[i]->trial_id);
	for (size_t i = 0; i < t->n_removed; i++)
		trial_add_name(trial, t->removed[i]->trial_id);
	t->n_added = t->n_removed = 0;
	t->told_ns = 0;
	gdb_trial_task(t)->stops[class]++;
	gdb_trial_task(t)->load_events += class != EVENT_ADD && class != EVENT_DELETE;
	return event;
}

static void library_told(struct gdb_session *s, const struct mi_record *record, bool loaded, int64_t now_ns)
{
	struct gdb_task *t = task_of_group(s, mi_get(record, "thread-group", NULL));
	struct library *library;

	/* Before its exec it is the shim; what GDB forgets of one that has ended was no load event. */
	if (!t || !*mi_get(record, "id", NULL) || t->state < GDB_RELEASED || t->state == GDB_GONE ||
	    (t->state == GDB_RELEASED && !loaded))
		return;
	library = library_named(s->gdb, mi_get(record, "id", NULL));
	if (!t->told_ns)
		t->told_ns = now_ns;
	if (loaded)
		map_library(t, library, record);
	else
		unmap_library(t, library);
	/* Where GDB does not stop, its word is the event, and when it was over is not told. */
	if (s->gdb->request->scenario->gdb_solib_events == GDB_SOLIB_FOLLOW && t->state == GDB_RUNNING)
		add_event(t, loaded ? EVENT_LOADED : EVENT_UNLOADED, now_ns);
}

/* What cannot be read of a task that has been killed is no error: GDB tells of its end. */
static struct err *if_alive(const struct gdb_task *t, struct err *err)
{
	if (!job_task_ended(t->session->gdb->stage.job, t->index))
		return err;
	err_free(err);
	return NULL;
}

static struct err *solib_event(struct gdb_task *t, int64_t now_ns)
{
	struct loader_stop stop = { .state = LOADER_CONSISTENT, .class = EVENT_NULL };
	struct err *err = loader_look(&t->loader, &t->memory.memory, &stop);

	if (err)
		return if_alive(t, err);
	add_event(t, stop.class, now_ns);
	t->event = t->session->gdb->trial->n_events - 1;
	if (t->state == GDB_STARTING && stop.state == LOADER_CONSISTENT) {
		t->state = GDB_STARTED;
		gdb_trial_task(t)->libraries_at_start = t->n_mapped;
		return NULL;
	}
	gdb_continue(t);
	return NULL;
}

/* --- breakpoints ------------------------------------------------------------------ */

static const char *library_at(const struct gdb_task *t, uint64_t addr)
{
	for (size_t i = 0; i < t->n_mapped; i++)
		if (addr >= t->mapped[i].from && addr < t->mapped[i].to)
			return t->mapped[i].library->path;
	return gdb_trial_task(t)->exe; /* of the program itself GDB tells no range */
}

/* One place: an address, and the tasks in which it is. */
static void location(struct gdb_session *s, size_t index, const struct mi_record *record, const struct mi_value *at)
{
	const struct mi_value *addr = mi_find(record, at, "addr"), *groups = mi_find(record, at, "thread-groups");
	struct trial_breakpoint *bp = &s->gdb->trial->breakpoints[index];
	unsigned long long value = addr ? strtoull(addr->text, NULL, 16) : 0;

	if (!value || !groups) /* <PENDING>, <MULTIPLE> */
		return;
	for (const struct mi_value *g = mi_first(record, groups); g; g = mi_next(record, g)) {
		struct gdb_task *t = task_of_group(s, g->text);

		if (!t)
			continue;
		t->planted[index] = true;
		if (!bp->library)
			bp->library = mem_strdup(library_at(t, value));
	}
}

static size_t breakpoint_index(const struct gdb_session *s, const char *number)
{
	size_t n = s->gdb->request->n_breakpoints;

	for (size_t i = 0; i < n; i++)
		if (s->numbers[i] && !strcmp(s->numbers[i], number))
			return i;
	return n;
}

void gdb_breakpoint(struct gdb_session *s, const struct mi_record *record, const struct mi_value *bkpt)
{
	const struct mi_value *number = mi_find(record, bkpt, "number"), *locations;
	size_t index = number ? breakpoint_index(s, number->text) : SIZE_MAX;

	if (index >= s->gdb->request->n_breakpoints)
		return;
	location(s, index, record, bkpt);
	locations = mi_find(record, bkpt, "locations");
	for (const struct mi_value *v = locations ? mi_first(record, locations) : NULL; v; v = mi_next(record, v))
		location(s, index, record, v);
}

static void breakpoint_hit(struct gdb_task *t, const struct mi_record *record)
{
	struct gdb_session *s = t->session;
	size_t index = breakpoint_index(s, mi_get(record, "bkptno", NULL));

	if (index < s->gdb->request->n_breakpoints) {
		s->gdb->trial->breakpoints[index].hits++;
		gdb_trial_task(t)->breakpoint_hits++;
	}
	gdb_continue(t);
}

/* --- stops ------------------------------------------------------------------------ */

/* It runs another program: its loader is looked for. A statically linked one has none, and is started. */
static struct err *exec_stop(struct gdb_task *t, int64_t now_ns)
{
	struct gdb *gdb = t->session->gdb;
	struct symcache *symbols = library_set_symbols(gdb->libraries);
	bool has_loader;
	struct err *err;

	loader_deinit(&t->loader);
	err = loader_is_there(gdb_trial_task(t)->pid, &has_loader);
	if (!err && has_loader)
		err = loader_find(gdb_trial_task(t)->pid, symbols, &t->loader);
	if (!err && has_loader && !gdb->trial->loader.path)
		err = loader_offers(&t->loader, symbols, &gdb->trial->loader);
	if (err)
		return if_alive(t, err);
	if (t->state != GDB_RELEASED) {
		gdb_continue(t); /* a program that execs another one */
		return NULL;
	}
	gdb_trial_task(t)->exec_ns = now_ns;
	t->state = GDB_AT_EXEC;
	return NULL;
}

static struct err *stopped(struct gdb_session *s, const struct mi_record *record, int64_t now_ns)
{
	static const struct {
		const char *reason;
		enum gdb_timing timing;
	} timed[] = {
		{ "", GDB_TIME_ATTACH },
		{ "exec", GDB_TIME_EXEC },
		{ "solib-event", GDB_TIME_SOLIB },
		{ "breakpoint-hit", GDB_TIME_BREAKPOINT },
	};
	const char *reason = mi_get(record, "reason", NULL);
	unsigned long id = strtoul(mi_get(record, "thread-id", NULL), NULL, 10);
	struct gdb_task *t = task_of_thread(s, id);

	for (size_t i = 0; i < ARRAY_SIZE(timed); i++)
		if (!strcmp(timed[i].reason, reason))
			gdb_report_time(s->gdb, timed[i].timing, record);
	if (!t || t->state == GDB_GONE) /* the end of a program is told without a thread */
		return NULL;
	t->thread = (unsigned)id;
	if (t->state == GDB_ATTACHING) {
		t->state = GDB_ATTACHED;
		return NULL;
	}
	if (!strcmp(reason, "exec"))
		return exec_stop(t, now_ns);
	if (!strcmp(reason, "solib-event") && t->loader.path && t->state >= GDB_STARTING)
		return solib_event(t, now_ns);
	if (!strcmp(reason, "breakpoint-hit"))
		breakpoint_hit(t, record);
	else
		gdb_continue(t); /* a signal, which it gets */
	return NULL;
}

static void group_exited(struct gdb_session *s, const struct mi_record *record)
{
	struct gdb_task *t = task_of_group(s, mi_get(record, "id", NULL));
	struct trial *trial = s->gdb->trial;

	if (!t)
		return;
	/* What it was stopped at was over when it ended. */
	if (t->event != GDB_NO_EVENT)
		trial->events[t->event].done_ns = trial->events[t->event].begin_ns;
	t->event = GDB_NO_EVENT;
	if (t->state == GDB_STARTING && !stage_job_failed(&s->gdb->stage))
		gdb_fail(s, VERDICT_FAILED, "gdb (%s) did not stop rank %d at its start: it ran to its end",
			 outside_label(s->process), gdb_trial_task(t)->rank);
	t->state = GDB_GONE;
}

struct err *gdb_async(struct gdb_session *s, const struct mi_record *record, int64_t now_ns)
{
	const struct mi_value *bkpt;

	if (mi_is(record, MI_EXEC, "stopped"))
		return err_wrap(stopped(s, record, now_ns), "gdb (%s)", outside_label(s->process));
	if (mi_is(record, MI_NOTICE, "library-loaded"))
		library_told(s, record, true, now_ns);
	else if (mi_is(record, MI_NOTICE, "library-unloaded"))
		library_told(s, record, false, now_ns);
	else if (mi_is(record, MI_NOTICE, "thread-created"))
		thread_created(s, record);
	else if (mi_is(record, MI_NOTICE, "thread-group-exited"))
		group_exited(s, record);
	else if (mi_is(record, MI_NOTICE, "breakpoint-modified") &&
		 (bkpt = mi_find(record, record->values, "bkpt")))
		gdb_breakpoint(s, record, bkpt);
	return NULL;
}

void gdb_count(struct gdb *gdb)
{
	for (size_t i = 0; i < gdb->n_tasks; i++) {
		const struct gdb_task *t = &gdb->tasks[i];

		gdb_trial_task(t)->libraries_at_end = t->n_mapped;
		for (size_t j = 0; j < gdb->request->n_breakpoints; j++) {
			gdb_trial_task(t)->breakpoints_planted += t->planted[j];
			gdb->trial->breakpoints[j].planted_tasks += t->planted[j];
		}
	}
}
