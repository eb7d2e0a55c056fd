/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Expands a scenario into the variants that it compares, and makes the command line of
 * each. Starts nothing.
 *
 * Invariant: all variants could run, and no two have the same name.
 */
#include "job/scenario/variant.h"

#include <string.h>

#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/strbuf.h"
#include "measure/trial.h"

static bool binds_at_start(enum program program)
{
	return program == PROGRAM_LINKED_NOW || program == PROGRAM_PLAIN_LINKED_NOW;
}

static bool has_binding(const struct scenario *scenario, enum binding binding)
{
	for (size_t i = 0; i < scenario->bind_now.n; i++)
		if (scenario->bind_now.choices[i] == (int)binding)
			return true;
	return false;
}

static void setting_add(struct variant *variant, const char *key, const char *value)
{
	mem_grow(variant->settings, variant->n_settings, variant->cap_settings);
	variant->settings[variant->n_settings++] = (struct conf_setting){ mem_strdup(key), mem_strdup(value) };
}

static void variant_deinit(struct variant *variant)
{
	for (size_t i = 0; i < variant->n_settings; i++) {
		free(variant->settings[i].key);
		free(variant->settings[i].value);
	}
	free(variant->settings);
	free(variant->name);
	scenario_deinit(&variant->scenario);
}

void variants_free(struct variant *variants, size_t n)
{
	for (size_t i = 0; i < n; i++)
		variant_deinit(&variants[i]);
	free(variants);
}

static void copy_into(const struct variant *from, struct variant *to)
{
	*to = (struct variant){ .name = mem_strdup(from->name), .program = from->program, .bind_now = from->bind_now };
	conf_copy(&scenario_table, &from->scenario, &to->scenario);
	for (size_t i = 0; i < from->n_settings; i++)
		setting_add(to, from->settings[i].key, from->settings[i].value);
}

static struct err *set(struct variant *variant, const char *key, const char *value)
{
	struct err *err = conf_set_value(&scenario_table, key, value, key, &variant->scenario);

	if (!err)
		setting_add(variant, key, value);
	return err;
}

static struct err *check_sweep(const struct scenario *scenario)
{
	const struct conf_matrix *matrix = &scenario->matrix;
	size_t n = scenario->cases.n ? scenario->cases.n : 1;

	for (size_t i = 0; i < matrix->n; i++) {
		n *= matrix->axes[i].n;
		if (n > VARIANTS_MAX)
			return err_hint(err_new("'matrix' and 'cases' make more than %d variants", VARIANTS_MAX),
					"sweep fewer keys or values at a time");
		for (size_t j = 0; j < scenario->cases.n; j++)
			for (size_t k = 0; k < scenario->cases.cases[j].n; k++)
				if (!strcmp(scenario->cases.cases[j].settings[k].key, matrix->axes[i].key))
					return err_hint(err_new("'%s' is in 'matrix' and in the case '%s'",
								matrix->axes[i].key, scenario->cases.cases[j].name),
							"leave one out");
	}
	return NULL;
}

/* The one of a number: the last axis varies fastest, the cases are outermost. */
static struct err *combine(const struct scenario *base, size_t number, struct variant *variant)
{
	const struct conf_matrix *matrix = &base->matrix;
	_cleanup_strbuf_ struct strbuf name = STRBUF_INIT;
	_cleanup_free_ size_t *choice = mem_calloc(matrix->n + 1, sizeof(*choice));
	struct err *err = NULL;

	for (size_t i = matrix->n; i-- > 0; number /= matrix->axes[i].n)
		choice[i] = number % matrix->axes[i].n;
	conf_copy(&scenario_table, base, &variant->scenario);
	err = conf_set_value(&scenario_table, "matrix", "", "matrix", &variant->scenario);
	if (!err)
		err = conf_set_value(&scenario_table, "cases", "", "cases", &variant->scenario);
	if (!err && base->cases.n) {
		const struct conf_case *one = &base->cases.cases[number];

		strbuf_puts(&name, one->name);
		for (size_t i = 0; !err && i < one->n; i++)
			err = set(variant, one->settings[i].key, one->settings[i].value);
	}
	for (size_t i = 0; !err && i < matrix->n; i++) {
		const char *key = matrix->axes[i].key, *value = matrix->axes[i].values[choice[i]];

		strbuf_printf(&name, "%s%s=%s", name.len ? " " : "", key, value);
		err = set(variant, key, value);
	}
	if (!err)
		err = scenario_check(&variant->scenario);
	if (err && name.len)
		err = err_wrap(err, "variant '%s'", name.text);
	variant->name = strbuf_steal(&name);
	return err;
}

static void list_choose(struct conf_list *list, size_t index)
{
	list->choices[0] = list->choices[index];
	list->n = 1;
}

/* Appends one variant for each program and binding of a combination, which it takes. */
static void split(struct variant *combination, struct variant **list, size_t *n, size_t *cap)
{
	const struct scenario *scenario = &combination->scenario;
	const struct conf_list *programs = &scenario->program, *bindings = &scenario->bind_now;
	bool of_target = scenario->target;
	size_t n_programs = of_target ? programs->n : 1;
	bool one = n_programs * bindings->n == 1 && *combination->name;

	for (size_t i = 0; i < n_programs; i++) {
		for (size_t j = 0; j < bindings->n; j++) {
			bool now = bindings->choices[j] == BIND_NOW_ON;
			struct variant *variant;

			if (of_target && now && binds_at_start(programs->choices[i]) &&
			    has_binding(scenario, BIND_NOW_OFF))
				continue;
			mem_grow(*list, *n, *cap);
			variant = &(*list)[(*n)++];
			copy_into(combination, variant);
			variant->program = of_target ? program_names[programs->choices[i]] : NULL;
			variant->bind_now = now;
			list_choose(&variant->scenario.program, i < variant->scenario.program.n ? i : 0);
			list_choose(&variant->scenario.bind_now, j);
			if (!one) {
				_cleanup_free_ char *how = variant_name(variant->program, now), *rest = variant->name;

				variant->name = mem_printf("%s%s%s", how, *rest ? " " : "", rest);
			}
		}
	}
	variant_deinit(combination);
}

/* A case may be named as another's settings are told. */
static struct err *check_names(const struct variant *variants, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			if (!strcmp(variants[i].name, variants[j].name))
				return err_hint(err_new("two variants would be called '%s'", variants[i].name),
						"give the case another name");
	return NULL;
}

struct err *variants_make(const struct scenario *scenario, struct variant **ret, size_t *n_ret)
{
	size_t n_combinations = scenario->cases.n ? scenario->cases.n : 1, n = 0, cap = 0;
	struct variant *list = NULL;
	struct err *err = check_sweep(scenario);

	for (size_t i = 0; i < scenario->matrix.n; i++)
		n_combinations *= scenario->matrix.axes[i].n;
	for (size_t i = 0; !err && i < n_combinations; i++) {
		struct variant combination = { 0 };

		err = combine(scenario, i, &combination);
		if (err)
			variant_deinit(&combination);
		else
			split(&combination, &list, &n, &cap);
	}
	if (!err)
		err = check_names(list, n);
	if (err) {
		variants_free(list, n);
		return err;
	}
	*ret = list;
	*n_ret = n;
	return NULL;
}

static struct err *take_side(const struct scenario *scenario, const char *name, struct variant *ret)
{
	struct variant *list = NULL;
	size_t n = 0;
	struct err *err = variants_make(scenario, &list, &n);

	if (!err && n != 1)
		err = err_hint(err_new("it has %zu variants itself", n),
			       "a comparison is of two: leave out 'matrix', 'cases' and lists of programs");
	if (!err)
		copy_into(&list[0], ret);
	variants_free(list, n);
	if (err)
		return err_wrap(err, "side %s", name);
	free(ret->name);
	ret->name = mem_strdup(name);
	return NULL;
}

/* What a run has one of is a's; what else differs are b's settings. */
static struct err *tell_difference(const struct scenario *a, struct variant *b)
{
	struct err *err = NULL;

	for (size_t i = 0; !err && i < conf_n_options(&scenario_table); i++) {
		const struct conf_option *option = conf_option_at(&scenario_table, i);
		_cleanup_free_ char *of_a = NULL, *of_b = NULL;

		if (option->type == CONF_MATRIX || option->type == CONF_CASES)
			continue;
		of_a = conf_value_text(option, a);
		of_b = conf_value_text(option, &b->scenario);
		if (!strcmp(of_a, of_b))
			continue;
		if (option->fixed)
			err = conf_set_value(&scenario_table, option->key, of_a, option->key, &b->scenario);
		else
			setting_add(b, option->key, of_b);
	}
	return err;
}

struct err *variants_pair(const struct scenario *a, const struct scenario *b, struct variant **ret, size_t *n_ret)
{
	struct variant *pair = mem_calloc(2, sizeof(*pair));
	struct err *err = take_side(a, "A", &pair[0]);

	if (!err)
		err = take_side(b, "B", &pair[1]);
	if (!err)
		err = tell_difference(&pair[0].scenario, &pair[1]);
	if (!err)
		err = scenario_check(&pair[1].scenario);
	if (err) {
		variants_free(pair, 2);
		return err;
	}
	*ret = pair;
	*n_ret = 2;
	return NULL;
}

size_t variant_in_turn(uint32_t repetition, size_t place, size_t n)
{
	size_t first = repetition % n;

	return repetition % 2 ? (first + n - place % n) % n : (first + place) % n;
}

static char **command_argv(const struct scenario *scenario)
{
	char **argv = mem_calloc(scenario->command.n + 1, sizeof(*argv));

	for (size_t i = 0; i < scenario->command.n; i++)
		argv[i] = mem_strdup(scenario->command.strings[i]);
	return argv;
}

struct err *variant_argv(const struct scenario *scenario, const struct variant *variant,
			 const struct manifest *manifest, bool mpi, char ***ret)
{
	const struct manifest_program *program;
	const char *dir;
	char **argv;
	size_t n = 0;

	if (!variant->program) {
		*ret = command_argv(scenario);
		return NULL;
	}
	program = manifest_program(manifest, variant->program);
	if (!program)
		return err_hint(err_new("target '%s' has no program '%s'", manifest->name, variant->program),
				"add %s to 'programs' in its spec and generate it again", variant->program);
	dir = manifest->target_dir;
	argv = mem_calloc(5, sizeof(*argv));
	argv[n++] = program->path ? fs_join(dir, program->path) : mem_strdup(manifest->python);
	if (program->driver)
		argv[n++] = fs_join(dir, manifest->driver);
	if (program->driver && !mpi)
		argv[n++] = mem_strdup("--no-mpi");
	argv[n++] = fs_join(dir, program->module_list);
	*ret = argv;
	return NULL;
}

void variant_argv_free(char **argv)
{
	for (size_t i = 0; argv && argv[i]; i++)
		free(argv[i]);
	free(argv);
}
