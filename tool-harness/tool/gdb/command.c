/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Commands for a GDB, and a verdict about it. Commands are sent without waiting for their answers.
 * Invariant: the token of a command is its index in s->commands.
 */
#include <stdarg.h>

#include "lib/mem.h"
#include "tool/gdb/gdb.h"

void gdb_fail(struct gdb_session *s, enum tool_verdict verdict, const char *fmt, ...)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vprintf(&text, fmt, ap);
	va_end(ap);
	stage_judge(&s->gdb->stage, verdict, s->process, "%s", text.text);
}

void gdb_send(struct gdb_session *s, enum gdb_command_kind kind, size_t arg, const char *fmt, ...)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vprintf(&text, fmt, ap);
	va_end(ap);
	outside_send(s->process, "%zu%s\n", s->n_commands, text.text);
	mem_grow(s->commands, s->n_commands, s->cap_commands);
	s->commands[s->n_commands++] = (struct gdb_command){ kind, arg };
}

void gdb_continue(struct gdb_task *t)
{
	/* With one inferior all of its threads have stopped and go on; with several just the one. */
	if (t->session->n_tasks == 1)
		gdb_send(t->session, GDB_CONTINUE, t->index, "-exec-continue");
	else
		gdb_send(t->session, GDB_CONTINUE, t->index, "-exec-continue --thread %u", t->thread);
}

bool gdb_idle(const struct gdb *gdb)
{
	for (size_t i = 0; i < gdb->n_sessions; i++)
		if (gdb->sessions[i].n_answered < gdb->sessions[i].n_commands)
			return false;
	return true;
}
