/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Writes the C of one library: declarations of what it calls, its functions, for a
 * module also the entry and the Python wrapper. The C is warning-free with -Wall
 * -Wextra and its behaviour is defined. Invariant: every function returns 1 and what
 * its callees return, which is what the plan has counted.
 */
#include "gen/emit/c.h"

#include <assert.h>
#include <string.h>

#include "gen/emit/body.h"
#include "lib/mem.h"

static const char *const type_names[] = {
	[PLAN_INT] = "int ", [PLAN_LONG] = "long ", [PLAN_FLOAT] = "float ",
	[PLAN_DOUBLE] = "double ", [PLAN_STRING] = "char *",
};

struct emitter {
	const struct plan *plan;
	const struct plan_library *library;
	bool print;
	struct strbuf *out;
	struct emit_places *places; /* NULL if nobody asks */
	uint32_t line;              /* of the byte at `counted` */
	size_t counted;
};

/* The line that is written next, from 1. */
static uint32_t current_line(struct emitter *e)
{
	const char *end = e->out->text + e->out->len, *at = e->out->text + e->counted;

	while ((at = memchr(at, '\n', end - at))) {
		e->line++;
		at++;
	}
	e->counted = e->out->len;
	return e->line;
}

static const struct plan_library *call_library(const struct emitter *e, const struct plan_call *call)
{
	return &e->plan->libraries[call->library];
}

static const struct plan_function *call_function(const struct emitter *e, const struct plan_call *call)
{
	return &call_library(e, call)->functions[call->function];
}

/* plan_function_name without its allocation: there are millions of names. */
static void put_name(const struct emitter *e, const struct plan_library *library, uint32_t function)
{
	if (function == library->entry && library->role != PLAN_ORDINARY)
		strbuf_puts(e->out, plan_break_symbol(library));
	else if (function == library->entry)
		strbuf_printf(e->out, "%s_visit", library->name);
	else if (function == library->cross)
		strbuf_printf(e->out, "%s_cross%s", library->name, e->plan->name_suffix);
	else if (e->plan->short_names)
		strbuf_printf(e->out, "%c%u_%u%s", plan_letter(library), library->index, function,
			      e->plan->name_suffix);
	else
		strbuf_printf(e->out, "%s_fn%u%s", library->name, function, e->plan->name_suffix);
}

static void put_prototype(const struct emitter *e, const struct plan_library *library, uint32_t index)
{
	const struct plan_function *function = &library->functions[index];

	strbuf_puts(e->out, "long ");
	put_name(e, library, index);
	strbuf_putc(e->out, '(');
	for (unsigned i = 0; i < function->n_args; i++)
		strbuf_printf(e->out, "%s%sa%u", i ? ", " : "", type_names[function->args[i]], i);
	strbuf_puts(e->out, function->n_args ? ")" : "void)");
}

/*
 * Small numbers; sums of them cannot overflow. They depend on the places of call and
 * argument alone, so that equal functions have equal text. Never 0, for which compilers
 * have instructions of their own.
 */
unsigned emit_argument_value(uint32_t call, unsigned argument)
{
	return (call * 31 + argument * 17) % 16000 + 1;
}

static void put_argument(const struct emitter *e, enum plan_type type, uint32_t call, unsigned i)
{
	unsigned value = emit_argument_value(call, i);

	switch (type) {
	case PLAN_INT:
		strbuf_printf(e->out, "%u", value);
		return;
	case PLAN_LONG:
		strbuf_printf(e->out, "%uL", value);
		return;
	case PLAN_FLOAT:
		strbuf_printf(e->out, "%u.5f", value);
		return;
	case PLAN_DOUBLE:
		strbuf_printf(e->out, "%u.25", value);
		return;
	case PLAN_STRING:
		strbuf_printf(e->out, "%s_text", e->library->name);
		return;
	case PLAN_N_TYPES:
		break;
	}
	assert(!"no such type");
}

static void put_calls(const struct emitter *e, uint32_t index)
{
	const struct plan_function *function = &e->library->functions[index];

	for (uint32_t i = 0; i < function->n_calls; i++) {
		const struct plan_call *call = &e->library->calls[function->first_call + i];
		const struct plan_function *callee = call_function(e, call);

		strbuf_puts(e->out, "\tresult += ");
		put_name(e, call_library(e, call), call->function);
		strbuf_putc(e->out, '(');
		for (unsigned j = 0; j < callee->n_args; j++) {
			if (j)
				strbuf_puts(e->out, ", ");
			put_argument(e, callee->args[j], i, j);
		}
		strbuf_puts(e->out, ");\n");
	}
}

static void put_place(struct emitter *e, uint32_t index)
{
	if (e->places)
		e->places->functions[index] = current_line(e);
}

/* The arguments are folded into a volatile, so that no compiler may drop them. The
 * function's number keeps compilers from merging equal functions into one. */
static void put_function(struct emitter *e, uint32_t index)
{
	const struct plan_function *function = &e->library->functions[index];

	put_place(e, index);
	put_prototype(e, e->library, index);
	strbuf_printf(e->out, "\n{\n\tlong result = 1;\n\tunsigned long local = %u;\n", index);
	emit_body_variables(function, e->out);
	strbuf_putc(e->out, '\n');
	for (unsigned i = 0; i < function->n_args; i++) {
		enum plan_type type = function->args[i];

		if (type == PLAN_STRING)
			strbuf_printf(e->out, "\tlocal += a%u[0];\n", i);
		else if (type == PLAN_FLOAT || type == PLAN_DOUBLE)
			strbuf_printf(e->out, "\tlocal += (long)a%u;\n", i);
		else
			strbuf_printf(e->out, "\tlocal += a%u;\n", i);
	}
	emit_body_statements(e->library, function, e->out);
	strbuf_printf(e->out, "\t%s_sink = local;\n", e->library->name);
	if (e->print) {
		strbuf_puts(e->out, "\tputs(\"");
		put_name(e, e->library, index);
		strbuf_puts(e->out, "\");\n");
	}
	put_calls(e, index);
	strbuf_puts(e->out, "\treturn result;\n}\n\n");
}

/* The entry itself does not count: it returns the calls below it. */
static void put_entry(struct emitter *e)
{
	put_place(e, e->library->entry);
	put_prototype(e, e->library, e->library->entry);
	strbuf_puts(e->out, "\n{\n\tlong result = 0;\n\n");
	put_calls(e, e->library->entry);
	strbuf_puts(e->out, "\treturn result;\n}\n\n");
}

/* Not inlined anywhere: a breakpoint here must be passed. */
static void put_break_function(const struct emitter *e)
{
	strbuf_puts(e->out, "__attribute__((noinline)) ");
	put_prototype(e, e->library, e->library->entry);
	strbuf_printf(e->out, "\n{\n\t%s_sink++;\n\treturn 0;\n}\n\n", e->library->name);
}

static int compare_calls(const void *a, const void *b)
{
	const struct plan_call *x = a, *y = b;

	if (x->library != y->library)
		return x->library < y->library ? -1 : 1;
	return (x->function > y->function) - (x->function < y->function);
}

/* Each function that is called is declared once, sorted by library and number. */
static void put_declarations(const struct emitter *e)
{
	const struct plan_library *library = e->library;
	_cleanup_free_ struct plan_call *calls = mem_calloc(library->n_calls + 1, sizeof(*calls));

	if (!library->n_calls)
		return;
	memcpy(calls, library->calls, library->n_calls * sizeof(*calls));
	qsort(calls, library->n_calls, sizeof(*calls), compare_calls);
	for (size_t i = 0; i < library->n_calls; i++) {
		if (i && !compare_calls(&calls[i - 1], &calls[i]))
			continue;
		put_prototype(e, call_library(e, &calls[i]), calls[i].function);
		strbuf_puts(e->out, ";\n");
	}
	strbuf_putc(e->out, '\n');
}

/*
 * The Python symbols are weak, so that a program without Python can load the module
 * too (RTLD_NOW included) and call its entry.
 */
static void put_wrapper(const struct emitter *e)
{
	const char *name = e->library->name, *symbol = plan_break_symbol(e->library);

	strbuf_puts(e->out, "static PyObject *visit(PyObject *self, PyObject *args)\n"
			    "{\n"
			    "\t(void)self;\n"
			    "\t(void)args;\n"
			    "\treturn PyLong_FromLong(");
	put_name(e, e->library, e->library->entry);
	strbuf_puts(e->out, "());\n"
			    "}\n\n"
			    "static PyMethodDef methods[] = {\n"
			    "\t{ \"visit\", visit, METH_NOARGS, "
			    "\"Calls all functions; returns how many calls that were.\" },\n");
	if (symbol)
		strbuf_printf(e->out, "\t{ \"%s\", visit, METH_NOARGS, \"For debuggers to stop at.\" },\n", symbol);
	strbuf_puts(e->out, "\t{ NULL, NULL, 0, NULL },\n"
			    "};\n\n");
	strbuf_printf(e->out,
		      "static struct PyModuleDef definition = {\n"
		      "\tPyModuleDef_HEAD_INIT, \"%s\", NULL, -1, methods, NULL, NULL, NULL, NULL,\n"
		      "};\n\n"
		      "PyMODINIT_FUNC PyInit_%s(void)\n"
		      "{\n"
		      "\treturn PyModule_Create(&definition);\n"
		      "}\n",
		      name, name);
}

/*
 * Types that differ in every member's name, each pointing to the one before, so that
 * neither compiler nor linker may drop or merge any. The pointer costs a word of .bss.
 */
static void put_debug_types(const struct emitter *e)
{
	static const char *const types[][2] = {
		{ "long", "" }, { "double", "" }, { "unsigned short", "[3]" }, { "char", "" }, { "int *", "" },
	};
	uint32_t n = e->library->debug_types;

	if (!n)
		return;
	for (uint32_t i = 0; i < n; i++) {
		strbuf_printf(e->out, "struct type%u { struct type%u *before%u;", i, i ? i - 1 : 0, i);
		for (unsigned j = 0; j < 2 * ARRAY_SIZE(types); j++) {
			const char *const *type = types[j % ARRAY_SIZE(types)];

			strbuf_printf(e->out, " %s member%u_%u%s;", type[0], i, j, type[1]);
		}
		strbuf_puts(e->out, " };\n");
	}
	strbuf_printf(e->out, "__attribute__((used)) static struct type%u *types;\n", n - 1);
}

void emit_c_library(const struct plan *plan, const struct plan_library *library, bool print, struct strbuf *ret,
		    struct emit_places *places)
{
	struct emitter e = { .plan = plan, .library = library, .print = print, .out = ret, .places = places,
			     .line = 1, .counted = ret->len };
	bool module = library->entry != PLAN_NONE;
	static const char *const symbols[] = {
		[PLAN_DEBUG] = "", [PLAN_NO_DEBUG] = " No debug information.", [PLAN_STRIPPED] = " Stripped.",
	};

	/* What the makefile keeps of a library stands here, so that a change of it builds the library again. */
	strbuf_printf(ret, "/* %s: written by pynamic-gen, changes are lost.%s */\n", library->name,
		      symbols[library->symbols]);
	if (module)
		strbuf_puts(ret, "#define PY_SSIZE_T_CLEAN\n"
				 "#define Py_LIMITED_API 0x03090000\n"
				 "#include <Python.h>\n"
				 "#pragma weak PyLong_FromLong\n"
				 "#pragma weak PyModule_Create2\n");
	if (print)
		strbuf_puts(ret, "#include <stdio.h>\n");
	strbuf_printf(ret, "\nstatic volatile unsigned long %s_sink;\n", library->name);
	if (library->data_words)
		strbuf_printf(ret, "__attribute__((used)) static unsigned long %s_data[%u] = { 1 };\n", library->name,
			      library->data_words);
	if (plan_passes_string(plan, library->calls, library->n_calls))
		strbuf_printf(ret, "static char %s_text[] = \"pynamic\";\n", library->name);
	put_debug_types(&e);
	strbuf_putc(ret, '\n');
	if (places)
		places->declarations = current_line(&e);
	put_declarations(&e);
	for (uint32_t i = 0; i < library->n_functions; i++)
		put_function(&e, i);
	if (library->cross != PLAN_NONE)
		put_function(&e, library->cross);
	if (module && library->role == PLAN_ORDINARY)
		put_entry(&e);
	else if (module)
		put_break_function(&e);
	if (module)
		put_wrapper(&e);
	if (places)
		places->end = current_line(&e);
}
