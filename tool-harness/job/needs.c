/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whether the programs and modules are here that a scenario says it needs, before anything is
 * measured: a job that ends with an ImportError would be an invalid measurement, where the
 * machine only lacks a package. Installs nothing.
 */
#include "job/needs.h"

#include <string.h>
#include <sys/wait.h>

#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/proc.h"

#define LIMIT_NS (30 * NS_PER_S)

static const char *interpreter_of(const char *program)
{
	return program && !strncmp(fs_basename(program), "python", strlen("python")) ? program : "python3";
}

static void put_list(struct strbuf *out, const char *separator, const struct conf_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		strbuf_printf(out, "%s%s", i ? separator : "", list->strings[i]);
}

/* EXIT_SKIPPED, and what to install. */
static struct err *lacks(const struct scenario *scenario, const char *what)
{
	_cleanup_strbuf_ struct strbuf packages = STRBUF_INIT;
	struct err *err = err_exit(EXIT_SKIPPED, "the scenario needs what is not here: %s", what);

	put_list(&packages, " ", &scenario->needs_packages);
	return packages.len ? err_hint(err, "install %s", packages.text) : err;
}

static void look_for_programs(const struct scenario *scenario, struct strbuf *missing)
{
	for (size_t i = 0; i < scenario->needs_programs.n; i++) {
		const char *program = scenario->needs_programs.strings[i];
		_cleanup_free_ char *found = fs_find_program(program);

		if (!found)
			strbuf_printf(missing, "%sprogram '%s'", missing->len ? ", " : "", program);
	}
}

/* It prints those that it does not find; modules are its arguments, so that none is taken for code. */
static struct err *ask_for_modules(const struct scenario *scenario, const char *interpreter, struct proc_result *ret)
{
	static const char script[] =
		"import importlib.util, sys\n"
		"for name in sys.argv[1:]:\n"
		"    try:\n"
		"        found = importlib.util.find_spec(name)\n"
		"    except (ImportError, ValueError):\n"
		"        found = None\n"
		"    if found is None:\n"
		"        print(name)\n";
	const struct conf_list *modules = &scenario->needs_modules;
	_cleanup_free_ const char **argv = mem_calloc(modules->n + 4, sizeof(*argv));
	struct proc_opts opts = PROC_OPTS_INIT;

	argv[0] = interpreter;
	argv[1] = "-c";
	argv[2] = script;
	for (size_t i = 0; i < modules->n; i++)
		argv[3 + i] = modules->strings[i];
	opts.new_group = true;
	return proc_run(argv, &opts, LIMIT_NS, ret);
}

static struct err *look_for_modules(const struct scenario *scenario, const char *interpreter, struct strbuf *missing)
{
	_cleanup_free_ char *found = fs_find_program(interpreter), *end = NULL;
	struct proc_result result;
	struct err *err;

	if (!found) {
		strbuf_printf(missing, "%sPython interpreter '%s'", missing->len ? ", " : "", interpreter);
		return NULL;
	}
	err = ask_for_modules(scenario, interpreter, &result);
	if (err)
		return err_wrap(err, "asking '%s' for its modules", interpreter);
	if (!WIFEXITED(result.status) || WEXITSTATUS(result.status)) {
		end = proc_status_text(result.status);
		err = err_new("'%s', asked for its modules, %s", interpreter, end);
	}
	for (char *state = NULL, *name = strtok_r(result.out.text, "\n", &state); !err && name;
	     name = strtok_r(NULL, "\n", &state))
		strbuf_printf(missing, "%smodule '%s' of %s", missing->len ? ", " : "", name, interpreter);
	proc_result_deinit(&result);
	return err;
}

struct err *needs_check(const struct scenario *scenario, const char *program)
{
	_cleanup_strbuf_ struct strbuf missing = STRBUF_INIT;
	struct err *err = NULL;

	look_for_programs(scenario, &missing);
	if (scenario->needs_modules.n)
		err = look_for_modules(scenario, interpreter_of(program), &missing);
	if (err || !missing.len)
		return err;
	return lacks(scenario, missing.text);
}

void needs_put(const struct scenario *scenario, const char *program, struct strbuf *out)
{
	if (scenario->needs_programs.n) {
		strbuf_puts(out, scenario->needs_programs.n == 1 ? "program " : "programs ");
		put_list(out, ", ", &scenario->needs_programs);
	}
	if (!scenario->needs_modules.n)
		return;
	strbuf_puts(out, scenario->needs_programs.n ? "; " : "");
	strbuf_puts(out, scenario->needs_modules.n == 1 ? "module " : "modules ");
	put_list(out, ", ", &scenario->needs_modules);
	strbuf_printf(out, " of %s", interpreter_of(program));
}
