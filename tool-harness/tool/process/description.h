/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A tool described by a file: its command line with placeholders, how it tells that it is ready,
 * how it is told to go on and to end. docs/tools.md has the keys by example.
 */
#ifndef TOOL_PROCESS_DESCRIPTION_H
#define TOOL_PROCESS_DESCRIPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/conf/conf.h"
#include "lib/err.h"
#include "lib/strbuf.h"

enum template_form {
	FORM_ATTACH,  /* attaches to tasks that wait before their program's start */
	FORM_WRAP,    /* stands before each task's command line */
	FORM_RUNNING, /* attaches to tasks that run */
};
enum template_processes { PROCESS_PER_TASK, PROCESS_PER_JOB };
enum template_ready {
	READY_TRACED, /* all tasks have a tracer */
	READY_OUTPUT, /* each process has printed ready_text */
	READY_FILE,   /* ready_file is there for each process */
	READY_EXIT,   /* each process has exited with 0, or ok_status */
};

struct template {
	char *name;
	char *about;
	int form;                 /* enum template_form */
	int processes;            /* enum template_processes */
	struct conf_list argv;
	struct conf_list programs; /* that the first of argv starts in turn */
	int ready;                /* enum template_ready */
	char *ready_text;
	char *ready_file;
	char *go;                 /* to its standard input, or NULL; with a newline */
	char *end;                /* likewise, once the job is over */
	int end_signal;           /* index into the table's names: 0 is none */
	bool may_leave;
	int64_t ok_status;
	struct conf_list version; /* argv */
	char *package;
	bool tried;
};

extern const struct conf_table template_table;

/*
 * Reads and checks: placeholders that are not known, or not in this form; keys that would be
 * without effect; all are errors that name the file.
 */
MUST_CHECK struct err *template_read(const char *path, struct template *ret);
void template_deinit(struct template *t);

/* The signal's number of end_signal; 0: none. */
int template_end_signal(const struct template *t);

/*
 * The file of a tool: `name` itself if it has a slash or ends in ".yaml", else NAME.yaml in
 * $ATTACHSTORM_TOOLS, scenarios/tools of this folder, or ../share/attachstorm/scenarios/tools beside
 * the program. NULL: there is none. Heap.
 */
char *template_find(const char *name);

/* The names of all descriptions in these folders, sorted, each once; NULL-terminated, all heap. */
char **template_names(void);

/* What stands for placeholders. */
struct template_values {
	pid_t pid;                 /* of the task */
	int rank;
	const pid_t *pids;         /* of all tasks, by rank */
	size_t n_pids;
	const char *exe;           /* program of the tasks */
	const char *const *args;   /* its arguments, NULL-terminated */
	pid_t launcher_pid;
	const char *proctable;     /* file in the format of 'attachstorm attach --list' */
	const char *dir;           /* raw files of the trial */
};

/* Appends text with its placeholders filled in; {pids} by commas, {args} by blanks. */
void template_expand(const char *text, const struct template_values *values, struct strbuf *ret);

/* The command line, NULL-terminated; a word that is {pids} or {args} alone becomes a word for each. */
char **template_argv(const struct conf_list *words, const struct template_values *values);
void template_argv_free(char **argv);

#endif
