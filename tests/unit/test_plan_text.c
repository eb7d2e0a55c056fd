/* SPDX-License-Identifier: BSD-3-Clause */
/* A plan as text, against golden files: same spec and seed, same plan, on every host. */
#include "golden.h"
#include "smallplan.h"

static void put_plan(const struct plan *plan, struct strbuf *ret)
{
	static const char types[] = { [PLAN_INT] = 'i', [PLAN_LONG] = 'l', [PLAN_FLOAT] = 'f',
				      [PLAN_DOUBLE] = 'd', [PLAN_STRING] = 's' };

	for (size_t i = 0; i < plan->n_libraries; i++) {
		const struct plan_library *library = &plan->libraries[i];

		strbuf_printf(ret, "%s result %llu needs", library->name, (unsigned long long)library->visit_result);
		for (size_t j = 0; j < library->n_dependencies; j++)
			strbuf_printf(ret, " %s", plan->libraries[library->dependencies[j]].name);
		strbuf_putc(ret, '\n');
		for (uint32_t j = 0; j < library->n_all; j++) {
			const struct plan_function *function = &library->functions[j];
			_cleanup_free_ char *name = plan_function_name(plan, library, j);

			strbuf_printf(ret, "  %s(", name);
			for (unsigned k = 0; k < function->n_args; k++)
				strbuf_putc(ret, types[function->args[k]]);
			strbuf_printf(ret, ") x%u", function->count);
			for (uint32_t k = 0; k < function->n_calls; k++) {
				const struct plan_call *call = &library->calls[function->first_call + k];
				const struct plan_library *other = &plan->libraries[call->library];
				_cleanup_free_ char *callee = plan_function_name(plan, other, call->function);

				strbuf_printf(ret, " %s", callee);
			}
			strbuf_putc(ret, '\n');
		}
	}
	strbuf_printf(ret, "visited %llu calls %llu loaded %zu events %zu\n", (unsigned long long)plan->n_visited,
		      (unsigned long long)plan->n_calls, plan->n_loaded, plan->n_import_events);
}

static void test_plan(void **state)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct target_spec spec;
	struct plan plan;

	(void)state;
	plan_small(&spec, &plan);
	put_plan(&plan, &text);
	assert_golden("plan.txt", text.text);
	plan_deinit(&plan);
	spec_deinit(&spec);
}

/* Who depends on whom in each shape. */
static void test_graphs(void **state)
{
	static const char *const settings[] = {
		"dependencies.shape=used", "dependencies.shape=all", "dependencies.shape=chain",
		"dependencies.shape=tree", "dependencies.shape=layers", "begin_links_all=true",
	};
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		struct target_spec spec;
		struct plan plan;

		plan_small_with("utilities=7", &spec, &plan);
		plan_deinit(&plan);
		assert_null(conf_set(&spec_table, settings[i], &spec));
		plan_make(&spec, &plan);
		strbuf_printf(&text, "%s\n", settings[i]);
		for (size_t j = 0; j < plan.n_libraries; j++) {
			const struct plan_library *library = &plan.libraries[j];

			strbuf_printf(&text, "  %s:", library->name);
			for (size_t k = 0; k < library->n_dependencies; k++)
				strbuf_printf(&text, " %s", plan.libraries[library->dependencies[k]].name + 3);
			strbuf_putc(&text, '\n');
		}
		strbuf_printf(&text, "  calls %llu visited %llu import events %zu\n",
			      (unsigned long long)plan.n_calls, (unsigned long long)plan.n_visited,
			      plan.n_import_events);
		plan_deinit(&plan);
		spec_deinit(&spec);
	}
	assert_golden("graphs.txt", text.text);
}

/* Half of the functions: the others are there, and not called. */
static void test_coverage(void **state)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct target_spec spec;
	struct plan plan;

	(void)state;
	plan_small_with("coverage=50", &spec, &plan);
	put_plan(&plan, &text);
	assert_golden("coverage.txt", text.text);
	plan_deinit(&plan);
	spec_deinit(&spec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan),
		cmocka_unit_test(test_graphs),
		cmocka_unit_test(test_coverage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
