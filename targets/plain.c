/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The target without Python and MPI: reads the module list, opens each module in its
 * order with dlopen(3), calls each entry and compares what it returns. Prints Pynamic's
 * lines on rank 0 (the launcher's word) and writes the same marks and reports as the
 * driver. Usage: plain [modules.txt], by default the one beside the program.
 *
 * Invariant: a module is opened with RTLD_NOW, as Python does, and never closed.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "phase.h"
#include "static_modules.h"

#define LIST_VERSION 1

typedef long (*entry_fn)(void);

struct module {
	char *name;
	char *entry;
	uint64_t expected;
	entry_fn call;
};

struct module_list {
	char *libdir; /* joined with the list's own folder */
	struct module *modules;
	size_t n, cap;
};

__attribute__((noreturn, format(printf, 2, 3))) static void die(int status, const char *fmt, ...)
{
	va_list args;

	fflush(stdout);
	fputs("plain: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(status);
}

static void *check_alloc(void *ptr)
{
	if (!ptr)
		die(1, "out of memory");
	return ptr;
}

static char *path_join(const char *dir, const char *name)
{
	char *path;

	if (name[0] == '/')
		return check_alloc(strdup(name));
	return asprintf(&path, "%s/%s", dir, name) < 0 ? check_alloc(NULL) : path;
}

static void list_add(struct module_list *list, const char *name, const char *entry, uint64_t expected)
{
	if (list->n == list->cap) {
		list->cap = list->cap ? 2 * list->cap : 64;
		list->modules = check_alloc(reallocarray(list->modules, list->cap, sizeof(*list->modules)));
	}
	list->modules[list->n++] = (struct module){
		.name = check_alloc(strdup(name)),
		.entry = check_alloc(strdup(entry)),
		.expected = expected,
	};
}

/* Splits at single spaces, at most max fields; returns their number, or max + 1 if there are more. */
static size_t split_fields(char *line, char **fields, size_t max)
{
	size_t n = 0;

	for (char *field; (field = strsep(&line, " "));) {
		if (n == max)
			return max + 1;
		fields[n++] = field;
	}
	return n;
}

static bool parse_u64(const char *text, uint64_t *ret)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*ret = strtoull(text, &end, 10);
	return !errno && !*end;
}

static void list_read(const char *path, struct module_list *ret)
{
	FILE *file = fopen(path, "re");
	char *dir_buf = check_alloc(strdup(path));
	const char *dir = dirname(dir_buf);
	char *line = NULL;
	size_t size = 0, number = 0;
	uint64_t version = 0, value;
	ssize_t len;

	if (!file)
		die(2, "cannot open module list '%s': %s", path, strerror(errno));
	while ((len = getline(&line, &size, file)) >= 0) {
		char *f[4];
		size_t n;

		number++;
		if (len && line[len - 1] == '\n')
			line[--len] = '\0';
		if (!len || line[0] == '#')
			continue;
		n = split_fields(line, f, 4);
		if (!version) {
			if (n != 2 || strcmp(f[0], "version") != 0 || !parse_u64(f[1], &version))
				die(2, "%s:%zu: not a module list: it must begin with 'version %d'", path, number,
				    LIST_VERSION);
			if (version != LIST_VERSION)
				die(2, "%s:%zu: version %" PRIu64 " is not supported, only %d", path, number,
				    version, LIST_VERSION);
		} else if (n == 2 && strcmp(f[0], "libdir") == 0 && !ret->libdir) {
			ret->libdir = path_join(dir, f[1]);
		} else if (n == 4 && strcmp(f[0], "module") == 0 && parse_u64(f[3], &value)) {
			list_add(ret, f[1], f[2], value);
		} else {
			die(2, "%s:%zu: malformed line '%s ...'", path, number, f[0]);
		}
	}
	if (ferror(file))
		die(2, "cannot read module list '%s': %s", path, strerror(errno));
	fclose(file);
	free(line);
	free(dir_buf);
	if (!version)
		die(2, "%s: not a module list: it is empty", path);
	if (!ret->libdir || !ret->n)
		die(2, "%s: no %s", path, ret->libdir ? "modules" : "libdir");
}

static void list_deinit(struct module_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free(list->modules[i].name);
		free(list->modules[i].entry);
	}
	free(list->modules);
	free(list->libdir);
}

static char *default_list(void)
{
	char exe[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	if (len < 0)
		die(2, "cannot read /proc/self/exe: %s", strerror(errno));
	exe[len] = '\0';
	return path_join(dirname(exe), "modules.txt");
}

/* In a static program a module is in the table, and nothing is loaded. The search begins
 * where the last one ended: list and table have the same order. */
static entry_fn static_entry(const char *name)
{
	static const struct static_module *next = static_modules;

	for (int pass = 0; pass < 2; pass++) {
		for (; next->name; next++)
			if (strcmp(next->name, name) == 0)
				return next++->entry;
		next = static_modules;
	}
	die(1, "module '%s' is not in this program", name);
}

static void module_open(const struct module_list *list, struct module *module)
{
	void *handle, *symbol;
	char *path;

	if (static_modules) {
		module->call = static_entry(module->name);
		return;
	}
	if (asprintf(&path, "%s/%s.so", list->libdir, module->name) < 0)
		check_alloc(NULL);
	handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!handle)
		die(1, "cannot load module '%s': %s", module->name, dlerror());
	symbol = dlsym(handle, module->entry);
	if (!symbol)
		die(1, "module '%s' has no entry '%s': %s", module->name, module->entry, dlerror());
	module->call = (entry_fn)symbol;
	free(path);
}

/* Nanoseconds from the launcher's spawn (PYNAMIC_START_NS), else from main. A start later than now is not of the
 * monotonic clock but of the wall clock (date +%s%N). */
static int64_t startup_ns(int64_t main_ns, int64_t now_ns)
{
	const char *text = getenv("PYNAMIC_START_NS");
	struct timespec wall;
	uint64_t start_ns;

	if (!text || !parse_u64(text, &start_ns))
		return now_ns - main_ns;
	if (start_ns <= (uint64_t)now_ns)
		return now_ns - (int64_t)start_ns;
	clock_gettime(CLOCK_REALTIME, &wall);
	if (start_ns > (uint64_t)wall.tv_sec * 1000000000 + wall.tv_nsec)
		die(2, "start time '%s' lies in the future, by the monotonic and by the wall clock", text);
	return (int64_t)((uint64_t)wall.tv_sec * 1000000000 + wall.tv_nsec - start_ns);
}

static void print_time(const char *what, int64_t ns)
{
	printf("Pynamic: %s time = %.9f secs\n", what, (double)ns / 1e9);
}

static void print_line(const char *line)
{
	puts(line);
	fflush(stdout);
}

/* Opens all modules; how long that took. */
static int64_t import_all(const struct module_list *list)
{
	int64_t begin_ns = phase_mark("import_begin"), end_ns;

	for (size_t i = 0; i < list->n; i++)
		module_open(list, &list->modules[i]);
	end_ns = phase_mark("import_end");
	phase_report("modules_imported", (int64_t)list->n);
	return end_ns - begin_ns;
}

/* Calls all entries; how long that took, and how many returned what they should not. */
static int64_t visit_all(const struct module_list *list, size_t *failures_ret)
{
	int64_t begin_ns = phase_mark("visit_begin"), end_ns;
	uint64_t calls = 0;
	size_t failures = 0;

	for (size_t i = 0; i < list->n; i++) {
		const struct module *m = &list->modules[i];
		uint64_t result = (uint64_t)m->call();

		calls += result;
		if (result != m->expected) {
			failures++;
			fprintf(stderr, "plain: module '%s' made %" PRIu64 " calls, expected %" PRIu64 "\n", m->name,
				result, m->expected);
		}
	}
	end_ns = phase_mark("visit_end");
	phase_report("calls", (int64_t)calls);
	*failures_ret = failures;
	return end_ns - begin_ns;
}

static void print_head(int64_t start_ns)
{
	char date[64];
	time_t now = time(NULL);

	strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S", localtime(&now));
	printf("Pynamic: Version %s\nPynamic: run on %s with 1 MPI tasks\n\n", PYNAMIC_VERSION, date);
	print_time("startup", start_ns);
}

int main(int argc, char **argv)
{
	int64_t main_ns = phase_mark("main"), driver_ns, import_ns, visit_ns;
	struct module_list list = { 0 };
	size_t failures;
	char *path;

	if (argc > 2)
		die(2, "too many arguments\nusage: plain [modules.txt]");
	driver_ns = phase_mark("driver");
	/* One rank of a job prints; the lines of the others go nowhere. */
	if (phase_rank_from_env() > 0 && !freopen("/dev/null", "w", stdout))
		die(1, "cannot open /dev/null: %s", strerror(errno));
	path = argc == 2 ? check_alloc(strdup(argv[1])) : default_list();
	list_read(path, &list);
	free(path);

	print_head(startup_ns(main_ns, driver_ns));
	print_line("Pynamic: driver beginning... now importing modules");
	import_ns = import_all(&list);
	print_line("Pynamic: driver finished importing all modules... visiting all module functions");
	visit_ns = visit_all(&list, &failures);
	print_time("module import", import_ns);
	print_time("module visit", visit_ns);
	print_line(failures ? "Pynamic: module test failed!\n" : "Pynamic: module test passed!\n");
	list_deinit(&list);
	phase_mark("exit");
	return failures ? 1 : 0;
}
