/* SPDX-License-Identifier: BSD-3-Clause */
/* pynamic-gen footprint: section sizes of a target, an executable or a process. */
#include <argp.h>
#include <string.h>

#include "gen/cmd/cmd.h"
#include "gen/cmd/source.h"
#include "gen/footprint/footprint.h"

#define DEFAULT_OBJECTS 20

enum option_key { OPT_JSON = 0x100, OPT_SUMMARY, OPT_PAPER };

static const struct argp_option options[] = {
	{ "json", OPT_JSON, NULL, 0, "Print JSON (docs/formats.md)", 0 },
	{ "summary", OPT_SUMMARY, NULL, 0, "Print the six-line summary that Pynamic prints after a build", 0 },
	{ "paper", OPT_PAPER, NULL, 0, "Print it next to Table 3 of the Pynamic paper", 0 },
	{ "all", 'a', NULL, 0, "List all objects, not only the largest", 0 },
	{ 0 },
};

struct arguments {
	const char *what;
	struct cmd_source source;
	int format; /* of option_key; 0: the table */
	bool all;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &args->source;
		return 0;
	case OPT_JSON:
	case OPT_SUMMARY:
	case OPT_PAPER:
		if (args->format && args->format != key)
			argp_error(state, "only one of --json, --summary and --paper");
		args->format = key;
		return 0;
	case 'a':
		args->all = true;
		return 0;
	case ARGP_KEY_ARG:
		if (args->what)
			argp_error(state, "too many arguments: '%s'", arg);
		args->what = arg;
		return 0;
	case ARGP_KEY_END:
		if (!args->what)
			argp_error(state, "no target, program or process");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp parser = {
	.options = options,
	.parser = parse_option,
	.children = (const struct argp_child[]){ { .argp = &cmd_source_parser }, { 0 } },
	.args_doc = "TARGET\nPROGRAM\nPID\nFOOTPRINT.json",
	.doc = "Sizes of the sections of all libraries of a generated target (its programs apart), of a program "
	       "with the libraries that it links, or of what a running process has mapped: text, data, debug "
	       "information, symbol tables, string tables."
	       "\v"
	       "Every byte is counted once: text is without .dynsym and .dynstr, which count as symbol and string "
	       "table. --summary and --paper count as Pynamic does: text as size(1) has it, tables from .symtab and "
	       ".strtab alone. A program is not run; its loader lists what it links.",
};

static void put_json(const struct footprint *footprint, struct strbuf *ret)
{
	json_t *json = footprint_to_json(footprint);
	_cleanup_free_ char *text = json_dumps(json, JSON_INDENT(2));

	strbuf_printf(ret, "%s\n", text);
	json_decref(json);
}

static void put(const struct footprint *footprint, const struct arguments *args, struct strbuf *ret)
{
	switch (args->format) {
	case OPT_JSON:
		put_json(footprint, ret);
		break;
	case OPT_SUMMARY:
		footprint_put_summary(footprint, ret);
		break;
	case OPT_PAPER:
		footprint_put_paper(footprint, ret);
		break;
	default:
		footprint_put_table(footprint, args->all ? SIZE_MAX : DEFAULT_OBJECTS, ret);
	}
}

struct err *cmd_footprint(int argc, char **argv)
{
	struct arguments args = { .source = CMD_SOURCE_INIT };
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	struct footprint footprint;
	struct err *err;

	argp_parse(&parser, argc, argv, 0, NULL, &args);
	err = footprint_find(args.what, args.source.debug_dir, &footprint);
	if (err)
		return err;
	put(&footprint, &args, &out);
	footprint_deinit(&footprint);
	return cmd_print(out.text);
}
