/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads facts about this machine from /proc, /sys and the C library. Judges nothing.
 *
 * Invariant: a fact that cannot be read never fails a run; it is null in the record.
 */
#include "job/hostfacts.h"

#include <gnu/libc-version.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "job/launcher.h"
#include "lib/fs.h"
#include "lib/json/text.h"
#include "lib/mem.h"

#define CLOCKSOURCE "/sys/devices/system/clocksource/clocksource0/current_clocksource"

/* A whole file without the newline at its end, or NULL; heap. */
static char *file_text(const char *path)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_err_ struct err *err = fs_read(path, &text);

	if (err)
		return NULL;
	if (text.len && text.text[text.len - 1] == '\n')
		text.text[--text.len] = '\0';
	return strbuf_steal(&text);
}

static json_t *integer_of_file(const char *path)
{
	_cleanup_free_ char *text = file_text(path);
	char *end;
	long value;

	if (!text || !*text)
		return json_null();
	value = strtol(text, &end, 10);
	return *end ? json_null() : json_integer(value);
}

/* Value of the first "key : value" line of /proc/cpuinfo, or NULL; heap. */
static char *cpuinfo_field(const char *cpuinfo, const char *key)
{
	size_t len = strlen(key);

	for (const char *line = cpuinfo; line; line = strchr(line, '\n')) {
		const char *p;

		line += *line == '\n';
		if (strncmp(line, key, len) != 0)
			continue;
		p = line + len + strspn(line + len, " \t");
		if (*p++ != ':')
			continue;
		p += strspn(p, " ");
		return mem_strndup(p, strcspn(p, "\n"));
	}
	return NULL;
}

static bool has_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = text; (p = strstr(p, word)); p += len)
		if ((p == text || p[-1] == ' ') && (p[len] == ' ' || !p[len]))
			return true;
	return false;
}

static void add_cpu(json_t *facts)
{
	_cleanup_free_ char *cpuinfo = file_text("/proc/cpuinfo");
	_cleanup_free_ char *model = cpuinfo ? cpuinfo_field(cpuinfo, "model name") : NULL;
	_cleanup_free_ char *flags = cpuinfo ? cpuinfo_field(cpuinfo, "flags") : NULL;

	json_object_set_new(facts, "cpu_model", json_text(model));
	json_object_set_new(facts, "cpus", json_integer(sysconf(_SC_NPROCESSORS_ONLN)));
	json_object_set_new(facts, "memory_bytes",
			    json_integer((json_int_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE)));
	/* The flag is x86's; other machines have no such sign. */
	json_object_set_new(facts, "virtualised", flags ? json_boolean(has_word(flags, "hypervisor")) : json_null());
}

/* Path of the dynamic loader that runs this very program: the mapping at AT_BASE. */
static char *loader_path(void)
{
	_cleanup_free_ char *maps = file_text("/proc/self/maps");
	unsigned long base = getauxval(AT_BASE);

	for (const char *line = maps; line && base; line = strchr(line, '\n')) {
		const char *slash;

		line += *line == '\n';
		if (strtoul(line, NULL, 16) != base)
			continue;
		slash = memchr(line, '/', strcspn(line, "\n"));
		return slash ? mem_strndup(slash, strcspn(slash, "\n")) : NULL;
	}
	return NULL;
}

static void add_load(json_t *facts)
{
	static const char *const keys[] = { "load_1min", "load_5min", "load_15min" };
	double load[3];
	int n = getloadavg(load, 3);

	for (int i = 0; i < 3; i++)
		json_object_set_new(facts, keys[i], i < n ? json_real(load[i]) : json_null());
}

static void add_system(json_t *facts)
{
	_cleanup_free_ char *clocksource = file_text(CLOCKSOURCE);
	_cleanup_free_ char *loader = loader_path();
	struct utsname uts = { 0 };

	uname(&uts);
	json_object_set_new(facts, "hostname", json_text(uts.nodename));
	json_object_set_new(facts, "kernel", json_text(uts.release));
	json_object_set_new(facts, "machine", json_text(uts.machine));
	json_object_set_new(facts, "clocksource", json_text(clocksource));
	json_object_set_new(facts, "glibc", json_text(gnu_get_libc_version()));
	json_object_set_new(facts, "loader", json_text(loader));
	json_object_set_new(facts, "aslr_sysctl", integer_of_file("/proc/sys/kernel/randomize_va_space"));
	json_object_set_new(facts, "yama_ptrace_scope",
			    fs_exists("/proc/sys/kernel/yama") ?
				    integer_of_file("/proc/sys/kernel/yama/ptrace_scope") :
				    json_string("absent"));
}

json_t *hostfacts_read(const char *launcher)
{
	_cleanup_free_ char *version = launcher ? launcher_version(launcher) : NULL;
	json_t *facts = json_object();

	add_system(facts);
	add_cpu(facts);
	json_object_set_new(facts, "launcher", json_text(launcher));
	json_object_set_new(facts, "launcher_version", json_text(version));
	add_load(facts);
	return facts;
}
