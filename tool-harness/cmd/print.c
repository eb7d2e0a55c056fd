/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Asks the terminal; termios(4), TIOCGWINSZ. A terminal that does not know its width has 80 columns. Makes no table
 * itself.
 */
#include "cmd/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/fs.h"
#include "report/stacks.h"
#include "report/store/store.h"
#include "report/table/short.h"
#include "report/table/table.h"

#define WIDTH_UNKNOWN 80
#define WIDTH_LEAST 40 /* narrower, nothing can be read any more */

void print_fit(struct grid_list *list)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
	struct winsize size = { 0 };

	if (!isatty(STDOUT_FILENO))
		return;
	list->width = !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col ? size.ws_col : WIDTH_UNKNOWN;
	if (list->width < WIDTH_LEAST)
		list->width = WIDTH_LEAST;
	list->colours = !(no_color && *no_color) && term && strcmp(term, "dumb") != 0;
}

/* What a command calls it: records in the folder that is looked in anyway have a short name. */
static const char *name_of(const char *path)
{
	size_t len = strlen(STORE_DEFAULT_DIR);

	return !strncmp(path, STORE_DEFAULT_DIR, len) && path[len] == '/' ? STORE_LATEST : path;
}

static void put_tables(const struct run *run, const char *path, bool details, struct strbuf *out)
{
	struct grid_list list = { 0 };

	print_fit(&list);
	if (details)
		table_add(run, &list);
	else
		short_add(run, path ? name_of(path) : NULL, &list);
	grid_list_to_text(&list, out);
	grid_list_deinit(&list);
	stacks_put(run, out);
	strbuf_printf(out, "%srecord: %s\n", details ? "\n" : "",
		      path ? path : "it could be written nowhere; here it is");
}

/* From its file if there is one, for that is what was written. */
static struct err *put_record(struct run *run, const char *path, struct strbuf *out)
{
	_cleanup_free_ char *text = NULL;

	if (path)
		return fs_read(path, out);
	text = run_text(run);
	strbuf_printf(out, "%s\n", text ? text : "");
	return NULL;
}

struct err *print_run(struct run *run, const char *path, enum print_form form)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct err *err = NULL;

	if (form != PRINT_JSON)
		put_tables(run, path, form == PRINT_DETAILS, &text);
	if (form == PRINT_JSON || !path)
		err = put_record(run, path, &text);
	if (!err)
		fputs(text.text, stdout);
	return err;
}
