/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads the phase marks that the tasks wrote (docs/formats.md) into a trial. A file of a
 * process that is no task of the trial is passed over: targets may fork, and a folder may
 * hold more than marks. Whatever a task's own file says wrongly makes the trial invalid.
 *
 * Invariant: a mark or report enters the trial at most once, and only from its own task.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "job/marks.h"
#include "job/counts/count.h"
#include "lib/fs.h"
#include "lib/mem.h"

#define FILE_PREFIX "phase."
#define MAX_FIELDS 5

/* The task that "phase.<host>.<pid>" belongs to, or NULL. The host may have dots itself. */
static struct trial_task *task_of_file(struct trial *trial, const char *name)
{
	for (size_t i = 0; i < trial->n_tasks; i++) {
		struct trial_task *task = &trial->tasks[i];
		_cleanup_free_ char *own = mem_printf(FILE_PREFIX "%s.%d", task->host, (int)task->pid);

		if (!strcmp(own, name))
			return task;
	}
	return NULL;
}

/* "-1" or a rank. */
static bool rank_parse(const char *text, int64_t *ret)
{
	if (!strcmp(text, "-1")) {
		*ret = -1;
		return true;
	}
	return count_parse(text, ret) && *ret <= INT_MAX;
}

/* Splits at single spaces; the number of fields, more than MAX_FIELDS if there are too many. */
static size_t split(char *line, char *fields[MAX_FIELDS])
{
	size_t n = 0;

	for (char *p = line; p; n++) {
		char *space = strchr(p, ' ');

		if (n < MAX_FIELDS)
			fields[n] = p;
		if (space)
			*space++ = '\0';
		p = space;
	}
	return n;
}

/* "import_l1d_misses": a phase and what was counted in it. */
static int64_t *counter_field(struct trial_task *task, const char *name)
{
	for (int phase = 0; phase < COUNTED_N; phase++) {
		size_t len = strlen(counted_phase_names[phase]);

		if (strncmp(name, counted_phase_names[phase], len) || name[len] != '_')
			continue;
		for (int counter = 0; counter < COUNTER_N; counter++)
			if (!strcmp(name + len + 1, counter_names[counter]))
				return &task->counters[phase][counter];
	}
	return NULL;
}

static int64_t *report_field(struct trial_task *task, const char *name)
{
	struct task_report *report = &task->report;
	const struct {
		const char *name;
		int64_t *value;
	} fields[] = {
		{ "modules_imported", &report->modules_imported },
		{ "calls", &report->calls },
		{ "mpi_test_passed", &report->mpi_test_passed },
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (!strcmp(fields[i].name, name))
			return fields[i].value;
	return counter_field(task, name);
}

/* Why the line is wrong, or NULL. */
static const char *report_read(struct trial_task *task, const char *name, const char *text)
{
	int64_t *field = report_field(task, name);
	int64_t value;

	if (!field)
		return "has an unknown report";
	if (!count_parse(text, &value))
		return "has no number";
	if (field == &task->report.mpi_test_passed && value > 1)
		return "is neither 0 nor 1";
	if (*field >= 0)
		return "reports a second time";
	*field = value;
	return NULL;
}

static const char *mark_read(struct trial_task *task, char *const fields[4])
{
	int64_t ns, pid, rank;
	int mark;

	for (mark = 0; mark < MARK_N; mark++)
		if (!strcmp(mark_names[mark], fields[0]))
			break;
	if (mark == MARK_N)
		return "has an unknown mark";
	if (!count_parse(fields[1], &ns) || !ns || !count_parse(fields[2], &pid) || !rank_parse(fields[3], &rank))
		return "has a field that is no number";
	if (pid != task->pid)
		return NULL; /* a forked child wrote into its parent's file */
	if (rank >= 0 && rank != task->rank)
		return "has another rank";
	if (task->marks_ns[mark])
		return "is a second mark of that name";
	task->marks_ns[mark] = ns;
	return NULL;
}

static const char *line_read(struct trial_task *task, char *line)
{
	char *fields[MAX_FIELDS];
	size_t n = split(line, fields);

	if (n == 3 && !strcmp(fields[0], "report"))
		return report_read(task, fields[1], fields[2]);
	if (n == 4)
		return mark_read(task, fields);
	return "has the wrong number of fields";
}

void marks_parse(const char *text, size_t len, struct trial *trial, struct trial_task *task)
{
	const char *end = text + len;
	size_t number = 1;

	for (const char *p = text; p < end; number++) {
		const char *newline = memchr(p, '\n', end - p);
		const char *why = "is cut off";

		if (newline && !memchr(p, '\0', newline - p)) {
			_cleanup_free_ char *line = mem_strndup(p, newline - p);

			why = line_read(task, line);
		} else if (newline) {
			why = "has a NUL byte";
		}
		if (why)
			trial_contradict(trial, "rank %d: line %zu of its phase marks %s", task->rank, number, why);
		p = newline ? newline + 1 : end;
	}
}

struct err *marks_read(const char *dir, struct trial *trial)
{
	_cleanup_closedir_ DIR *d = opendir(dir);
	struct dirent *entry;

	if (!d)
		return err_errno(errno, "cannot read the phase marks in '%s'", dir);
	while ((entry = readdir(d))) {
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
		_cleanup_free_ char *path = NULL;
		struct trial_task *task;
		struct err *err;

		if (strncmp(entry->d_name, FILE_PREFIX, strlen(FILE_PREFIX)) != 0)
			continue;
		task = task_of_file(trial, entry->d_name);
		if (!task)
			continue;
		path = fs_join(dir, entry->d_name);
		err = fs_read(path, &text);
		if (err)
			return err;
		marks_parse(text.text, text.len, trial, task);
	}
	trial_classify(trial);
	return NULL;
}
