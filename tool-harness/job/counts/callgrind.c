/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Callgrind as a counter: it dumps its counts each time the target enters pynamic_phase,
 * so that part k of a process is what it did before its k-th mark. Only the heads of the
 * files are read; the format is in valgrind's manual, "Callgrind Format Specification".
 *
 * Invariant: a count enters the trial only if the parts of its process are as many as its
 * marks, so that a part cannot be taken for another phase's.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "job/counts/counters.h"
#include "job/counts/count.h"
#include "lib/fs.h"
#include "lib/mem.h"

#define HEAD_BYTES 65536 /* the head has about 600; the command line is in it */
#define OUT_NAME "callgrind"

/* The caches of the paper's Opterons: size in bytes, associativity, line in bytes. */
static const char *const words[] = {
	"valgrind",
	"--quiet",
	"--tool=callgrind",
	"--cache-sim=yes",
	"--I1=65536,2,64",
	"--D1=65536,2,64",
	"--LL=1048576,16,64",
	"--dump-before=pynamic_phase",
	"--callgrind-out-file=%q{ATTACHSTORM_PHASE_DIR}/" OUT_NAME ".%p",
};

char **callgrind_wrap(char **argv)
{
	size_t n = 0;
	char **wrapped;

	while (argv[n])
		n++;
	wrapped = mem_calloc(ARRAY_SIZE(words) + n + 1, sizeof(*wrapped));
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		wrapped[i] = mem_strdup(words[i]);
	memcpy(wrapped + ARRAY_SIZE(words), argv, n * sizeof(*argv));
	free(argv);
	return wrapped;
}

/* --- one file --------------------------------------------------------------------- */

/* What a misses' counter is the sum of, in callgrind's names. */
static const struct {
	const char *event;
	enum counter counter;
} events[] = {
	{ "Ir", COUNTER_INSTRUCTIONS }, { "I1mr", COUNTER_L1I_MISSES }, { "D1mr", COUNTER_L1D_MISSES },
	{ "D1mw", COUNTER_L1D_MISSES }, { "ILmr", COUNTER_L2_MISSES },  { "DLmr", COUNTER_L2_MISSES },
	{ "DLmw", COUNTER_L2_MISSES },
};

/* The next word of a line, NUL-terminated in place; NULL at the end. */
static char *next_word(char **line)
{
	char *word;

	do
		word = strsep(line, " ");
	while (word && !*word);
	return word;
}

/* Adds the counts of a "summary:" line by the names of the "events:" line. */
static const char *add_counts(char *names, char *counts, struct callgrind_part *part)
{
	bool seen[ARRAY_SIZE(events)] = { false };
	char *name;

	while ((name = next_word(&names))) {
		char *text = next_word(&counts);
		int64_t count = 0;

		/* Trailing zeros are left out. */
		if (text && !count_parse(text, &count))
			return "has a count that is no number";
		for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
			if (strcmp(events[i].event, name))
				continue;
			if (seen[i])
				return "names an event twice";
			seen[i] = true;
			if (__builtin_add_overflow(part->counters[events[i].counter], count,
						   &part->counters[events[i].counter]))
				return "has a count that is too large";
		}
	}
	if (next_word(&counts))
		return "has more counts than events";
	for (size_t i = 0; i < ARRAY_SIZE(events); i++)
		if (!seen[i])
			return "has not all events: was it made without --cache-sim=yes?";
	return NULL;
}

static const char *value_of(const char *line, const char *key)
{
	size_t len = strlen(key);

	if (strncmp(line, key, len))
		return NULL;
	line += len;
	return line + strspn(line, " ");
}

const char *callgrind_parse(const char *text, size_t len, struct callgrind_part *ret)
{
	struct callgrind_part part = { .pid = -1, .part = -1 };
	_cleanup_free_ char *names = NULL;
	const char *end = text + len;

	for (const char *p = text; p < end;) {
		const char *newline = memchr(p, '\n', end - p);
		_cleanup_free_ char *line = newline ? mem_strndup(p, newline - p) : NULL;
		const char *value;

		if (!line)
			break;
		p = newline + 1;
		if ((value = value_of(line, "pid:")) && !count_parse(value, &part.pid))
			return "has no process number";
		if ((value = value_of(line, "part:")) && !count_parse(value, &part.part))
			return "has no part number";
		if ((value = value_of(line, "desc: Trigger:")))
			part.at_mark = strstr(value, "pynamic_phase");
		if ((value = value_of(line, "events:"))) {
			free(names);
			names = mem_strdup(value);
		}
		if ((value = value_of(line, "summary:"))) {
			const char *why;

			if (!names || part.pid < 0 || part.part < 0)
				return "has a summary before the rest of its head";
			why = add_counts(names, line + (value - line), &part);
			if (!why)
				*ret = part;
			return why;
		}
	}
	return "ends before its summary";
}

/* --- the files of a job ------------------------------------------------------------ */

static char *part_path(const char *dir, const struct trial_task *task, size_t part)
{
	return part ? mem_printf("%s/" OUT_NAME ".%d.%zu", dir, (int)task->pid, part) :
		      mem_printf("%s/" OUT_NAME ".%d", dir, (int)task->pid);
}

/* Reads the head of a file. Contradicts, and is false, if it is not the part that it should be. */
static bool part_read(const char *path, struct trial *trial, const struct trial_task *task, size_t number,
		      bool at_mark, struct callgrind_part *ret)
{
	_cleanup_free_ char *head = mem_alloc(HEAD_BYTES);
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : pread(fd, head, HEAD_BYTES, 0);
	const char *why;

	if (n < 0) {
		trial_contradict(trial, "rank %d: cannot read '%s': %s", task->rank, path, strerror(errno));
		return false;
	}
	why = callgrind_parse(head, n, ret);
	if (!why && (ret->pid != task->pid || ret->part != (int64_t)number || ret->at_mark != at_mark))
		why = "is not what its name says";
	if (why)
		trial_contradict(trial, "rank %d: '%s' %s", task->rank, path, why);
	return !why;
}

/* The how manieth mark of its task a mark is, from 1; 0 if it is not there. */
static size_t mark_place(const struct trial_task *task, enum mark mark)
{
	size_t place = 1;

	if (!task->marks_ns[mark])
		return 0;
	for (size_t i = 0; i < MARK_N; i++)
		place += task->marks_ns[i] && (task->marks_ns[i] < task->marks_ns[mark] ||
					       (task->marks_ns[i] == task->marks_ns[mark] && i < mark));
	return place;
}

static void task_read(const char *dir, struct trial *trial, struct trial_task *task)
{
	static const enum mark ends[COUNTED_N][2] = {
		[COUNTED_IMPORT] = { MARK_IMPORT_BEGIN, MARK_IMPORT_END },
		[COUNTED_VISIT] = { MARK_VISIT_BEGIN, MARK_VISIT_END },
	};
	_cleanup_free_ char *last = part_path(dir, task, 0);
	size_t n_marks = 0, keep[COUNTED_N] = { 0 };
	struct callgrind_part part;

	for (size_t i = 0; i < MARK_N; i++)
		n_marks += task->marks_ns[i] != 0;
	if (!part_read(last, trial, task, n_marks + 1, false, &part))
		return;
	for (size_t i = 0; i < COUNTED_N; i++) {
		size_t place = mark_place(task, ends[i][1]);
		_cleanup_free_ char *path = part_path(dir, task, place);

		if (!place || mark_place(task, ends[i][0]) + 1 != place) {
			trial_contradict(trial, "rank %d: its marks do not enclose the %s", task->rank,
					 counted_phase_names[i]);
			return;
		}
		if (!part_read(path, trial, task, place, true, &part))
			return;
		memcpy(task->counters[i], part.counters, sizeof(part.counters));
		keep[i] = place;
	}
	for (size_t i = 0; i <= n_marks; i++) {
		_cleanup_free_ char *path = part_path(dir, task, i);

		if (i != keep[COUNTED_IMPORT] && i != keep[COUNTED_VISIT])
			unlink(path);
	}
}

void callgrind_read(const char *dir, struct trial *trial)
{
	for (size_t i = 0; i < trial->n_tasks; i++)
		task_read(dir, trial, &trial->tasks[i]);
}
