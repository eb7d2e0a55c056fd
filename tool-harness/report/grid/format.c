/* SPDX-License-Identifier: BSD-3-Clause */
/* The formats of grids, by name. */
#include <string.h>

#include "report/grid/grid.h"

const struct grid_format grid_formats[] = {
	{ "text", "for a terminal", grid_list_to_text },
	{ "markdown", "tables for a merge request or a wiki", grid_list_to_markdown },
	{ "csv", "a line for each cell, its value unrounded, with its key in the record", grid_list_to_csv },
	{ "html", "tables to put into a page", grid_list_to_html },
	{ NULL, NULL, NULL },
};

const struct grid_format *grid_format_find(const char *name)
{
	for (const struct grid_format *format = grid_formats; format->name; format++)
		if (!strcmp(format->name, name))
			return format;
	return NULL;
}
