/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tools described by files: the option table, its checks, and the placeholders. Starts nothing.
 *
 * Invariant: a template that was read has no placeholder that template_expand does not know.
 * Braces around anything but small letters and '_' are text: other languages have braces, too.
 */
#include "tool/process/description.h"

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fs.h"
#include "lib/mem.h"

static const struct conf_choice forms[] = {
	{ "attach", "it attaches to tasks that wait before their program's start" },
	{ "wrap", "it wraps each task's command line" },
	{ "running", "it attaches to tasks that are running" },
	{ 0 },
};
static const struct conf_choice processes[] = {
	{ "task", "one for each task" },
	{ "job", "one for the job" },
	{ 0 },
};
static const struct conf_choice readies[] = {
	{ "traced", "each task has a tracer" },
	{ "output", "it prints ready_text" },
	{ "file", "ready_file appears" },
	{ "exit", "it exits with 0" },
	{ 0 },
};
static const struct conf_choice signals[] = {
	{ "none", NULL },
	{ "INT", NULL },
	{ "TERM", NULL },
	{ "HUP", NULL },
	{ "QUIT", NULL },
	{ 0 },
};
static const int signal_numbers[] = { 0, SIGINT, SIGTERM, SIGHUP, SIGQUIT };

#define FIELD(field) .offset = offsetof(struct template, field)

static const struct conf_option options[] = {
	{ .key = "name", .type = CONF_STRING, FIELD(name), .default_text = "",
	  .help = "name in the record", .group = "Tool" },
	{ .key = "about", .type = CONF_STRING, FIELD(about), .default_text = "", .help = "what it is, in a line",
	  .group = "Tool" },
	{ .key = "argv", .type = CONF_STRINGS, FIELD(argv), .default_text = "",
	  .help = "its command line, with placeholders; in the form wrap the task's own follows", .group = "Tool" },
	{ .key = "programs", .type = CONF_STRINGS, FIELD(programs), .default_text = "",
	  .help = "other programs that this command line starts: without them nothing is run", .group = "Tool" },
	{ .key = "form", .type = CONF_CHOICE, FIELD(form), .default_text = "attach", .choices = forms,
	  .help = "how it comes to the tasks",
	  .group = "Tool" },
	{ .key = "processes", .type = CONF_CHOICE, FIELD(processes), .default_text = "task", .choices = processes,
	  .help = "how many processes of the tool there are", .group = "Tool" },
	{ .key = "version", .type = CONF_STRINGS, FIELD(version), .default_text = "",
	  .help = "command whose first line tells its version", .group = "Tool" },
	{ .key = "package", .type = CONF_STRING, FIELD(package), .default_text = "",
	  .help = "what to install where it is missing", .group = "Tool" },
	{ .key = "tried", .type = CONF_BOOL, FIELD(tried), .default_text = "yes",
	  .help = "whether this description was tried with the tool; no is said at each run and in the record",
	  .group = "Tool" },
	{ .key = "ready", .type = CONF_CHOICE, FIELD(ready), .default_text = "traced", .choices = readies,
	  .help = "how it tells that the tasks can go on",
	  .group = "Talk" },
	{ .key = "ready_text", .type = CONF_STRING, FIELD(ready_text), .default_text = "",
	  .help = "text in what it prints", .group = "Talk" },
	{ .key = "ready_file", .type = CONF_STRING, FIELD(ready_file), .default_text = "",
	  .help = "file that it makes; with placeholders", .group = "Talk" },
	{ .key = "go", .type = CONF_STRING, FIELD(go), .default_text = "",
	  .help = "line for its standard input when it is ready", .group = "Talk" },
	{ .key = "end", .type = CONF_STRING, FIELD(end), .default_text = "",
	  .help = "line for its standard input when the job is over", .group = "Talk" },
	{ .key = "end_signal", .type = CONF_CHOICE, FIELD(end_signal), .default_text = "none", .choices = signals,
	  .help = "signal when the job is over", .group = "Talk" },
	{ .key = "may_leave", .type = CONF_BOOL, FIELD(may_leave), .default_text = "no",
	  .help = "whether it may end, with 0, before the tasks do", .group = "Talk" },
	{ .key = "ok_status", .type = CONF_INT, FIELD(ok_status), .default_text = "0", .min = 0, .max = 255,
	  .help = "another exit status that is as good as 0", .group = "Talk" },
};

const struct conf_table template_table = {
	.what = "tool",
	.options = options,
	.n_options = ARRAY_SIZE(options),
};

/* --- placeholders ----------------------------------------------------------------- */

static void put_pid(const struct template_values *v, struct strbuf *out)
{
	strbuf_printf(out, "%d", (int)v->pid);
}

static void put_pids(const struct template_values *v, struct strbuf *out)
{
	for (size_t i = 0; i < v->n_pids; i++)
		strbuf_printf(out, "%s%d", i ? "," : "", (int)v->pids[i]);
}

static void put_rank(const struct template_values *v, struct strbuf *out)
{
	strbuf_printf(out, "%d", v->rank);
}

static void put_exe(const struct template_values *v, struct strbuf *out)
{
	strbuf_puts(out, v->exe);
}

static void put_args(const struct template_values *v, struct strbuf *out)
{
	for (size_t i = 0; v->args[i]; i++)
		strbuf_printf(out, "%s%s", i ? " " : "", v->args[i]);
}

static void put_launcher_pid(const struct template_values *v, struct strbuf *out)
{
	strbuf_printf(out, "%d", (int)v->launcher_pid);
}

static void put_proctable(const struct template_values *v, struct strbuf *out)
{
	strbuf_puts(out, v->proctable);
}

static void put_dir(const struct template_values *v, struct strbuf *out)
{
	strbuf_puts(out, v->dir);
}

static const struct placeholder {
	const char *name;
	void (*put)(const struct template_values *values, struct strbuf *out);
	bool one_task, in_wrap; /* only with a process per task; also before there are any tasks */
} placeholders[] = {
	{ "pid", put_pid, true, false },      { "pids", put_pids, false, false },
	{ "rank", put_rank, true, false },    { "exe", put_exe, false, true },
	{ "args", put_args, false, true },    { "launcher_pid", put_launcher_pid, false, false },
	{ "proctable", put_proctable, false, false }, { "dir", put_dir, false, true },
};

/* The length of "{name}" at text, and its row (NULL: not known); 0: no placeholder. */
static size_t placeholder_at(const char *text, const struct placeholder **ret)
{
	size_t len;

	if (*text != '{')
		return 0;
	len = strspn(text + 1, "abcdefghijklmnopqrstuvwxyz_");
	if (!len || text[1 + len] != '}')
		return 0;
	*ret = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(placeholders); i++)
		if (strlen(placeholders[i].name) == len && !memcmp(placeholders[i].name, text + 1, len))
			*ret = &placeholders[i];
	return len + 2;
}

void template_expand(const char *text, const struct template_values *values, struct strbuf *ret)
{
	while (*text) {
		const struct placeholder *p = NULL;
		size_t len = placeholder_at(text, &p);

		if (p)
			p->put(values, ret);
		else
			strbuf_add(ret, text, len ? len : (len = 1));
		text += len;
	}
}

char **template_argv(const struct conf_list *words, const struct template_values *values)
{
	size_t n_args = 0, n = 0;
	char **argv;

	while (values->args && values->args[n_args])
		n_args++;
	argv = mem_calloc(words->n * (1 + n_args + values->n_pids) + 1, sizeof(*argv));
	for (size_t i = 0; i < words->n; i++) {
		struct strbuf word = STRBUF_INIT;

		if (!strcmp(words->strings[i], "{args}")) {
			for (size_t j = 0; j < n_args; j++)
				argv[n++] = mem_strdup(values->args[j]);
		} else if (!strcmp(words->strings[i], "{pids}")) {
			for (size_t j = 0; j < values->n_pids; j++)
				argv[n++] = mem_printf("%d", (int)values->pids[j]);
		} else {
			template_expand(words->strings[i], values, &word);
			argv[n++] = strbuf_steal(&word);
		}
	}
	return argv;
}

void template_argv_free(char **argv)
{
	for (size_t i = 0; argv && argv[i]; i++)
		free(argv[i]);
	free(argv);
}

/* --- reading ---------------------------------------------------------------------- */

static struct err *check_text(const struct template *t, const char *key, const char *text)
{
	_cleanup_strbuf_ struct strbuf known = STRBUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(placeholders); i++)
		strbuf_printf(&known, "%s{%s}", i ? " " : "", placeholders[i].name);
	while (text && *text) {
		const struct placeholder *p = NULL;
		size_t len = placeholder_at(text, &p);

		if (len && !p)
			return err_hint(err_new("'%s': unknown placeholder '%.*s'", key, (int)len, text), "known: %s",
					known.text);
		if (p && t->form == FORM_WRAP && !p->in_wrap)
			return err_new("'%s': {%s} is not known before the tool has started the task: its form is "
				       "wrap", key, p->name);
		if (p && t->processes == PROCESS_PER_JOB && p->one_task)
			return err_hint(err_new("'%s': {%s} is one task's, but there is one process for the job", key,
						p->name),
					"use {pids}, or set processes to task");
		text += len ? len : 1;
	}
	return NULL;
}

static struct err *check_ready(const struct template *t)
{
	const struct {
		enum template_ready ready;
		const char *key, *value;
	} needed[] = {
		{ READY_OUTPUT, "ready_text", t->ready_text },
		{ READY_FILE, "ready_file", t->ready_file },
	};

	for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
		if (t->ready == (int)needed[i].ready && !needed[i].value)
			return err_new("'ready' is %s, but '%s' is empty", readies[t->ready].name, needed[i].key);
		if (t->ready != (int)needed[i].ready && needed[i].value)
			return err_new("'%s' is set, but 'ready' is %s", needed[i].key, readies[t->ready].name);
	}
	if (t->ready == READY_EXIT && (t->go || t->end || t->end_signal))
		return err_new("'go' and 'end' are of no use to a tool that is ready when it has exited");
	return NULL;
}

static struct err *check_wrap(const struct template *t)
{
	if (t->form != FORM_WRAP)
		return NULL;
	if (t->ready != READY_TRACED && t->ready != READY_FILE)
		return err_hint(err_new("'ready' is %s, but in the form wrap the launcher has the tool's output",
					readies[t->ready].name), "use traced or file");
	if (t->go || t->end || t->end_signal || t->may_leave)
		return err_new("in the form wrap the tool is the launcher's child: 'go', 'end', 'end_signal' and "
			       "'may_leave' are of no use");
	if (t->processes == PROCESS_PER_JOB)
		return err_new("'processes' is job, but in the form wrap each task has its own");
	return NULL;
}

static struct err *check(struct template *t, const char *path)
{
	struct err *err = NULL;

	if (!t->argv.n)
		return err_new("'argv' is empty");
	if (!t->name) {
		const char *base = fs_basename(path), *dot = strrchr(base, '.');

		t->name = mem_strndup(base, dot ? (size_t)(dot - base) : strlen(base));
	}
	for (size_t i = 0; !err && i < t->argv.n; i++)
		err = check_text(t, "argv", t->argv.strings[i]);
	if (!err)
		err = check_text(t, "go", t->go);
	if (!err)
		err = check_text(t, "end", t->end);
	if (!err)
		err = check_text(t, "ready_file", t->ready_file);
	if (!err)
		err = check_ready(t);
	return err ? err : check_wrap(t);
}

struct err *template_read(const char *path, struct template *ret)
{
	struct template t = { 0 };
	struct err *err;

	conf_defaults(&template_table, &t);
	err = conf_read_file(&template_table, path, &t);
	if (!err)
		err = err_wrap(check(&t, path), "%s", path);
	if (err) {
		template_deinit(&t);
		return err;
	}
	*ret = t;
	return NULL;
}

void template_deinit(struct template *t)
{
	conf_deinit(&template_table, t);
}

int template_end_signal(const struct template *t)
{
	return signal_numbers[t->end_signal];
}

#define N_FOLDERS 3

/* Where descriptions are looked for, in this order; heap strings, NULL where there is none. */
static void folders_find(char *folders[N_FOLDERS])
{
	_cleanup_free_ char *self = NULL, *bin = NULL;
	struct err *err = fs_realpath("/proc/self/exe", &self);

	err_free(err);
	folders[0] = mem_strdup(getenv("ATTACHSTORM_TOOLS"));
	folders[1] = mem_strdup("scenarios/tools");
	folders[2] = NULL;
	if (self) {
		bin = fs_dirname(self);
		folders[2] = fs_join(bin, "../share/attachstorm/scenarios/tools");
	}
}

char *template_find(const char *name)
{
	_cleanup_free_ char *file = mem_printf("%s.yaml", name);
	char *folders[N_FOLDERS], *found = NULL;
	size_t len = strlen(name);

	if (strchr(name, '/') || (len > 5 && !strcmp(name + len - 5, ".yaml")))
		return mem_strdup(name);
	folders_find(folders);
	for (size_t i = 0; i < N_FOLDERS; i++) {
		_cleanup_free_ char *path = folders[i] ? fs_join(folders[i], file) : NULL;

		if (!found && path && fs_exists(path))
			found = no_free_ptr(path);
		free(folders[i]);
	}
	return found;
}

static int name_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char **template_names(void)
{
	char *folders[N_FOLDERS], **names = NULL;
	size_t n = 0, cap = 0, kept = 0;

	folders_find(folders);
	for (size_t i = 0; i < N_FOLDERS; i++) {
		_cleanup_closedir_ DIR *dir = folders[i] ? opendir(folders[i]) : NULL;
		struct dirent *entry;

		while (dir && (entry = readdir(dir))) {
			size_t len = strlen(entry->d_name);

			if (len <= 5 || entry->d_name[0] == '.' || strcmp(entry->d_name + len - 5, ".yaml") != 0)
				continue;
			mem_grow(names, n, cap);
			names[n++] = mem_strndup(entry->d_name, len - 5);
		}
		free(folders[i]);
	}
	mem_grow(names, n, cap);
	qsort(names, n, sizeof(*names), name_compare);
	for (size_t i = 0; i < n; i++) {
		if (kept && !strcmp(names[kept - 1], names[i]))
			free(names[i]);
		else
			names[kept++] = names[i];
	}
	names[kept] = NULL;
	return names;
}
