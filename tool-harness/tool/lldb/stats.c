/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads what LLDB prints of itself. Bytes in, facts out: no files, no processes.
 *
 * Invariant: whatever the bytes are, what is returned holds only numbers that JSON can hold.
 */
#include "tool/lldb/stats.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of the whole process, and of its target. Times are in seconds. */
static const char *const total_keys[] = {
	"totalDebugInfoByteSize",
	"totalDebugInfoIndexLoadedFromCache",
	"totalDebugInfoIndexSavedToCache",
	"totalDebugInfoIndexTime",
	"totalDebugInfoParseTime",
	"totalSymbolTableIndexTime",
	"totalSymbolTableParseTime",
	"totalSymbolTablesLoadedFromCache",
	"totalSymbolTablesSavedToCache",
};
static const char *const target_keys[] = {
	"firstStopTime", "launchOrAttachTime", "stopCount", "targetCreateTime", "totalBreakpointResolveTime",
};

static struct err *copy_numbers(const json_t *from, const char *const *keys, size_t n, json_t *to)
{
	for (size_t i = 0; i < n; i++) {
		json_t *value = json_object_get(from, keys[i]);

		if (!value)
			continue;
		if (!json_is_number(value) || json_number_value(value) < 0 || !isfinite(json_number_value(value)))
			return err_new("%s: not a number from 0", keys[i]);
		json_object_set(to, keys[i], value);
	}
	return NULL;
}

static json_t *module_names(const json_t *modules)
{
	json_t *names = json_object();

	for (size_t i = 0; i < json_array_size(modules); i++) {
		const char *path = json_string_value(json_object_get(json_array_get(modules, i), "path"));
		const char *slash = path ? strrchr(path, '/') : NULL;

		if (path)
			json_object_set_new(names, slash ? slash + 1 : path, json_true());
	}
	return names;
}

struct err *lldbstats_parse(const char *text, size_t len, json_t **report_ret, json_t **modules_ret)
{
	json_error_t where;
	json_t *root = json_loadb(text, len, 0, &where), *report, *targets, *modules;
	struct err *err;

	if (!root)
		return err_new("the statistics are no JSON: line %d: %s", where.line, where.text);
	targets = json_object_get(root, "targets");
	modules = json_object_get(root, "modules");
	if (!json_is_array(targets) || !json_is_array(modules)) {
		json_decref(root);
		return err_new("the statistics have no targets or no modules");
	}
	report = json_pack("{s:I}", "modules", (json_int_t)json_array_size(modules));
	err = copy_numbers(root, total_keys, ARRAY_SIZE(total_keys), report);
	if (!err && json_array_size(targets))
		err = copy_numbers(json_array_get(targets, 0), target_keys, ARRAY_SIZE(target_keys), report);
	if (err) {
		json_decref(report);
	} else {
		*report_ret = report;
		*modules_ret = module_names(modules);
	}
	json_decref(root);
	return err;
}

/* A number with a separator behind it: "12:" or "12.". */
static const char *number(const char *text, char separator, uint64_t *ret)
{
	char *end;

	if (*text < '0' || *text > '9')
		return NULL;
	errno = 0;
	*ret = strtoull(text, &end, 10);
	return errno || *end != separator ? NULL : end + 1;
}

static void read_library(const char *line, struct lldb_line *ret)
{
	const char *where = strstr(line, "where = "), *end;
	size_t len;

	if (!where)
		return;
	where += strlen("where = ");
	end = strchr(where, '`');
	len = end ? (size_t)(end - where) : 0;
	if (!len || len >= sizeof(ret->library))
		return;
	memcpy(ret->library, where, len);
	ret->library[len] = '\0';
}

bool lldb_line_parse(const char *line, struct lldb_line *ret)
{
	const char *at = line + strspn(line, " "), *behind, *hits = strstr(line, "hit count = ");
	uint64_t id, location, count = 0;

	*ret = (struct lldb_line){ .is_location = at != line };
	behind = number(at, ret->is_location ? '.' : ':', &id);
	if (!behind || !id || id > UINT32_MAX)
		return false;
	if (ret->is_location && !number(behind, ':', &location))
		return false;
	/* A breakpoint that has no location yet has no count either. */
	if (hits) {
		char *end;

		hits += strlen("hit count = ");
		errno = 0;
		count = *hits >= '0' && *hits <= '9' ? strtoull(hits, &end, 10) : 0;
		if (errno)
			return false;
	}
	ret->id = id;
	ret->hits = count;
	if (ret->is_location)
		read_library(line, ret);
	return true;
}

long lldb_major(const char *version)
{
	static const char word[] = "version ";
	const char *at = version ? strstr(version, word) : NULL;
	long major = at ? strtol(at + strlen(word), NULL, 10) : 0;

	return major > 0 ? major : 0;
}
