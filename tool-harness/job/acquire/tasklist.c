/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The list of tasks that a user wrote. Does not ask whether they exist.
 * Invariant: in a list that was returned no rank and no pid is there twice.
 */
#include "job/acquire/tasklist.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "lib/fs.h"
#include "lib/mem.h"

#define MAX_TASKS 100000
#define MAX_HOST 256

void tasklist_deinit(struct tasklist *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->tasks[i].host);
	free(list->tasks);
	*list = (struct tasklist){ 0 };
}

static void tasklist_add(struct tasklist *list, int rank, pid_t pid, char *host)
{
	mem_grow(list->tasks, list->n, list->cap);
	list->tasks[list->n++] = (struct listed_task){ rank, pid, host };
}

static int compare_ranks(const void *a, const void *b)
{
	const struct listed_task *x = a, *y = b;

	return (x->rank > y->rank) - (x->rank < y->rank);
}

static int compare_pids(const void *a, const void *b)
{
	const struct listed_task *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

/* Sorts by rank; a pid of two hosts is two processes. */
static struct err *tasklist_check(const char *name, struct tasklist *list)
{
	struct listed_task *t = list->tasks;

	if (!list->n)
		return err_new("%s: no tasks", name);
	qsort(t, list->n, sizeof(*t), compare_pids);
	for (size_t i = 1; i < list->n; i++)
		if (t[i].pid == t[i - 1].pid && !strcmp(t[i].host, t[i - 1].host))
			return err_new("%s: pid %d is there twice", name, (int)t[i].pid);
	qsort(t, list->n, sizeof(*t), compare_ranks);
	for (size_t i = 1; i < list->n; i++)
		if (t[i].rank == t[i - 1].rank)
			return err_new("%s: rank %d is there twice", name, t[i].rank);
	return NULL;
}

/* Digits alone, from min to INT_MAX. */
static bool parse_number(const char *text, size_t len, int min, int *ret)
{
	long value = 0;

	if (!len || len > 10)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		value = value * 10 + (text[i] - '0');
	}
	if (value < min || value > INT_MAX)
		return false;
	*ret = (int)value;
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Splits a line at blanks; the number of words, at most max + 1. */
static size_t split(const char *line, size_t len, const char **words, size_t *lens, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < len && line[i] != '#';) {
		size_t from = i;

		if (is_blank(line[i])) {
			i++;
			continue;
		}
		while (i < len && !is_blank(line[i]) && line[i] != '#')
			i++;
		if (n == max)
			return max + 1;
		words[n] = line + from;
		lens[n++] = i - from;
	}
	return n;
}

/* As much of a word as a message needs. */
static int quoted(size_t len)
{
	return len < 40 ? (int)len : 40;
}

static struct err *line_parse(const char *name, size_t number, const char *line, size_t len, struct tasklist *list)
{
	const char *words[3];
	size_t lens[3], n = split(line, len, words, lens, 3);
	int rank, pid;

	if (!n)
		return NULL;
	if (n != 3)
		return err_new("%s:%zu: a line is RANK HOST PID", name, number);
	if (!parse_number(words[0], lens[0], 0, &rank))
		return err_new("%s:%zu: '%.*s' is not a rank", name, number, quoted(lens[0]), words[0]);
	if (lens[1] >= MAX_HOST || memchr(words[1], '\0', lens[1]))
		return err_new("%s:%zu: the host is no name", name, number);
	if (!parse_number(words[2], lens[2], 1, &pid))
		return err_new("%s:%zu: '%.*s' is not a pid", name, number, quoted(lens[2]), words[2]);
	if (list->n == MAX_TASKS)
		return err_new("%s:%zu: more than %d tasks", name, number, MAX_TASKS);
	tasklist_add(list, rank, pid, mem_strndup(words[1], lens[1]));
	return NULL;
}

struct err *tasklist_parse(const char *name, const char *text, size_t len, struct tasklist *ret)
{
	struct tasklist list = { 0 };
	struct err *err = NULL;
	size_t number = 1;

	for (size_t at = 0; !err && at < len; number++) {
		const char *end = memchr(text + at, '\n', len - at);
		size_t line_len = end ? (size_t)(end - (text + at)) : len - at;

		err = line_parse(name, number, text + at, line_len, &list);
		at += line_len + 1;
	}
	if (!err)
		err = tasklist_check(name, &list);
	if (err) {
		tasklist_deinit(&list);
		return err;
	}
	*ret = list;
	return NULL;
}

struct err *tasklist_read(const char *path, struct tasklist *ret)
{
	bool standard = !strcmp(path, "-");
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct err *err = fs_read(standard ? "/dev/stdin" : path, &text);

	return err ? err : tasklist_parse(standard ? "standard input" : path, text.text, text.len, ret);
}

struct err *tasklist_pids(const char *pids, struct tasklist *ret)
{
	struct tasklist list = { 0 };
	struct err *err = NULL;

	for (const char *p = pids; !err && p;) {
		const char *comma = strchr(p, ',');
		size_t len = comma ? (size_t)(comma - p) : strlen(p);
		int pid;

		if (!parse_number(p, len, 1, &pid))
			err = err_new("'%.*s' is not a pid", (int)len, p);
		else if (list.n == MAX_TASKS)
			err = err_new("more than %d pids", MAX_TASKS);
		else
			tasklist_add(&list, (int)list.n, pid, mem_strdup("-"));
		p = comma ? comma + 1 : NULL;
	}
	if (!err)
		err = tasklist_check("the list of pids", &list);
	if (err) {
		tasklist_deinit(&list);
		return err;
	}
	*ret = list;
	return NULL;
}
