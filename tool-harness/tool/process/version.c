/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Asks tools for their versions. A tool without an answer is still a tool: NULL in the record.
 */
#include "tool/process/version.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/proc.h"

#define LIMIT_NS (20 * NS_PER_S)

static char *first_line(const struct strbuf *text)
{
	const char *start = text->text + strspn(text->text, " \t\r\n");
	size_t len = strcspn(start, "\r\n");

	return len ? mem_strndup(start, len) : NULL;
}

char *version_ask(const char *const *argv)
{
	struct proc_opts opts = PROC_OPTS_INIT;
	struct proc_result result;
	char *line;
	struct err *err;

	opts.new_group = true;
	err = proc_run(argv, &opts, LIMIT_NS, &result);
	if (err) {
		err_free(err);
		return NULL;
	}
	line = first_line(&result.out);
	if (!line)
		line = first_line(&result.err);
	proc_result_deinit(&result);
	return line;
}

struct err *version_check_program(const char *tool, const char *program, const char *package)
{
	_cleanup_free_ char *found = fs_find_program(program);
	struct err *err;

	if (found)
		return NULL;
	err = err_exit(EXIT_SKIPPED, "cannot use the tool %s: there is no program '%s' here", tool, program);
	return package ? err_hint(err, "install %s", package) : err;
}

struct err *version_check_template(const struct template *t)
{
	struct err *err = version_check_program(t->name, t->argv.strings[0], t->package);

	for (size_t i = 0; !err && i < t->programs.n; i++)
		err = version_check_program(t->name, t->programs.strings[i], t->package);
	if (!err && t->version.n)
		err = version_check_program(t->name, t->version.strings[0], t->package);
	return err;
}
