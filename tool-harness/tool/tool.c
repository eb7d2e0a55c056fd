/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of tools under test. Knows their names, nothing of what they do.
 *
 * Invariant: a name is in the table once.
 */
#include "tool/tool.h"

#include <string.h>

#include "lib/strbuf.h"
#include "tool/process/description.h"

static const struct tool_ops tool_none = { .name = "none", .help = "no tool: untraced runs alone" };

static const struct tool_ops *const tools[] = {
	&tool_native, &tool_null, &tool_gdb, &tool_lldb, &tool_command, &tool_none,
};

const struct tool_ops *tool_at(size_t i)
{
	for (size_t t = 0; t < ARRAY_SIZE(tools); t++)
		if (tools[t] != &tool_command && i-- == 0)
			return tools[t];
	return NULL;
}

/* Those of the kit with their help, then those that files describe. */
static void list_known(struct strbuf *ret)
{
	char **names = template_names();

	for (size_t i = 0; tool_at(i); i++)
		strbuf_printf(ret, "%s%s (%s)", i ? ", " : "", tool_at(i)->name, tool_at(i)->help);
	for (size_t i = 0; names[i]; i++) {
		strbuf_printf(ret, ", %s", names[i]);
		free(names[i]);
	}
	free(names);
}

struct err *tool_find(const char *name, const struct tool_ops **ret)
{
	_cleanup_strbuf_ struct strbuf known = STRBUF_INIT;
	_cleanup_free_ char *path = NULL;

	for (size_t i = 0; tool_at(i); i++) {
		if (strcmp(tool_at(i)->name, name) == 0) {
			*ret = tool_at(i);
			return NULL;
		}
	}
	path = template_find(name);
	if (path) {
		*ret = &tool_command;
		return NULL;
	}
	list_known(&known);
	return err_hint(err_new("no such tool: '%s'", name),
			"known tools: %s; others by a file NAME.yaml in scenarios/tools of this folder, in "
			"$ATTACHSTORM_TOOLS, or by its path",
			known.text);
}
