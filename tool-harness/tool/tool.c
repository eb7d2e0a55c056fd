/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of tools under test. Knows their names, nothing of what they do.
 *
 * Invariant: a name is in the table once.
 */
#include "tool/tool.h"

#include <string.h>

#include "lib/strbuf.h"
#include "tool/template.h"

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

struct err *tool_find(const char *name, const struct tool_ops **ret)
{
	_cleanup_strbuf_ struct strbuf known = STRBUF_INIT;
	_cleanup_free_ char *path = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(tools); i++) {
		if (strcmp(tools[i]->name, name) == 0 && tools[i] != &tool_command) {
			*ret = tools[i];
			return NULL;
		}
		strbuf_printf(&known, "%s%s (%s)", i ? ", " : "", tools[i]->name, tools[i]->help);
	}
	path = template_find(name);
	if (path) {
		*ret = &tool_command;
		return NULL;
	}
	return err_hint(err_new("no such tool: '%s'", name), "known tools: %s", known.text);
}
