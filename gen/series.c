/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Expands the lists of a spec. Invariant: a selected spec has no lists, so that it is
 * that of an ordinary target, and its folder's name tells it from the other members.
 */
#include "gen/series.h"

#include "lib/mem.h"

struct axis {
	struct conf_list *list;
	int64_t *value;
};

#define N_AXES 3

static void get_axes(struct target_spec *spec, struct axis *ret)
{
	ret[0] = (struct axis){ &spec->series_modules, &spec->modules };
	ret[1] = (struct axis){ &spec->series_utilities, &spec->utilities };
	ret[2] = (struct axis){ &spec->series_functions, &spec->functions };
}

struct err *series_count(const struct target_spec *spec, size_t *ret)
{
	const struct conf_list *lists[] = { &spec->series_modules, &spec->series_utilities, &spec->series_functions };
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		for (size_t j = 0; j < lists[i]->n; j++)
			for (size_t k = 0; k < j; k++)
				if (lists[i]->ints[j] == lists[i]->ints[k])
					return err_new("a series has %lld twice in one list",
						       (long long)lists[i]->ints[j]);
		if (lists[i]->n)
			n = (n ? n : 1) * lists[i]->n;
		if (n > SERIES_MAX)
			return err_new("the series would have more than %d targets", SERIES_MAX);
	}
	*ret = n;
	return NULL;
}

void series_select(struct target_spec *spec, size_t member, char **ret_folder)
{
	struct axis axes[N_AXES];

	get_axes(spec, axes);
	for (size_t i = N_AXES; i-- > 0;) {
		struct conf_list *list = axes[i].list;

		if (!list->n)
			continue;
		*axes[i].value = list->ints[member % list->n];
		member /= list->n;
		free(list->ints);
		*list = (struct conf_list){ 0 };
	}
	*ret_folder = mem_printf("m%lld-u%lld-f%lld", (long long)spec->modules, (long long)spec->utilities,
				 (long long)spec->functions);
}
