/* SPDX-License-Identifier: BSD-3-Clause */
/* Choosing breakpoints. No chance is involved: the same scenario and target give the same. */
#include "tool/breakpoints.h"

#include <inttypes.h>
#include <string.h>

#include "lib/mem.h"

void breakpoints_free(char **names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

/* The middle of each of n equal shares of all functions. */
static struct err *spread(const struct manifest *manifest, size_t n, char **names)
{
	size_t total = 0, library = 0, before = 0;

	for (size_t i = 0; i < manifest->n_libraries; i++)
		total += manifest->libraries[i].n_functions;
	if (n > total)
		return err_hint(err_new("%zu breakpoints cannot be spread over the %zu functions of target '%s'", n,
					total, manifest->name),
				"lower breakpoints.count");
	for (size_t i = 0; i < n; i++) {
		size_t at = (size_t)(((unsigned __int128)(2 * i + 1) * total) / (2 * n));

		while (at - before >= manifest->libraries[library].n_functions)
			before += manifest->libraries[library++].n_functions;
		names[i] = manifest_function_name(&manifest->libraries[library], at - before);
	}
	return NULL;
}

struct err *breakpoints_choose(const struct scenario *scenario, const struct manifest *manifest, char ***names_ret,
			       size_t *n_ret)
{
	const struct conf_list *given = &scenario->breakpoints_names;
	bool by_name = scenario->breakpoints_where == BP_NAMES;
	/* Without a target the null tool makes up functions as it does libraries. */
	bool made_up = !by_name && !manifest && scenario->tool && !strcmp(scenario->tool, "null");
	size_t n = by_name ? given->n : made_up ? 0 : (size_t)scenario->breakpoints_count;
	char **names = mem_calloc(n + 1, sizeof(names[0]));
	struct err *err = NULL;

	for (size_t i = 0; by_name && i < n; i++)
		names[i] = mem_strdup(given->strings[i]);
	if (!by_name && n && !manifest)
		err = err_hint(err_new("breakpoints can be spread over the functions of a generated target only"),
			       "name functions instead: --set breakpoints.where=names --set breakpoints.names=f,g");
	else if (!by_name && n)
		err = spread(manifest, n, names);
	if (err) {
		breakpoints_free(names, n);
		return err;
	}
	*names_ret = names;
	*n_ret = n;
	return NULL;
}
