/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The page's top: do the runs contradict themselves, in words; then what was run, on which machine.
 *
 * Invariant: a record that is not valid is said to be so before any number is shown.
 */
#include <string.h>

#include "lib/mem.h"
#include "report/human.h"
#include "report/page/put.h"

#define QUOTED_CONTRADICTIONS 12

static size_t count_invalid(const struct run *run)
{
	size_t invalid = 0;

	for (size_t i = 0; i < run->n_trials; i++)
		invalid += run->trials[i].n_contradictions > 0;
	return invalid;
}

static void put_contradictions(const struct run *run, struct strbuf *out)
{
	size_t quoted = 0, all = 0;

	strbuf_puts(out, "<ul>\n");
	for (size_t i = 0; i < run->n_trials; i++) {
		const struct trial *trial = &run->trials[i];

		for (size_t j = 0; j < trial->n_contradictions; j++, all++) {
			if (quoted == QUOTED_CONTRADICTIONS)
				continue;
			quoted++;
			strbuf_puts(out, "<li>");
			html_textf(out, "%s %u, %s, %s: %s", temperature_names[trial->temperature],
				   trial->repetition + 1, trial->traced ? "traced" : "untraced",
				   run->variants[trial->variant].name, trial->contradictions[j]);
			strbuf_puts(out, "</li>\n");
		}
	}
	if (all > quoted)
		strbuf_printf(out, "<li>and %zu more in the record</li>\n", all - quoted);
	strbuf_puts(out, "</ul>\n");
}

void page_validity(struct page *page)
{
	size_t runs = 0;

	for (size_t i = 0; i < page->input->n_records; i++) {
		const struct run *run = &page->input->records[i].run;
		size_t invalid = count_invalid(run);

		runs += run->n_trials;
		if (!invalid && run->n_trials)
			continue;
		strbuf_puts(page->out, "<p><strong>INVALID: ");
		if (run->n_trials)
			html_textf(page->out,
				   "%zu of %zu runs of %s contradict themselves%s; the numbers below leave them "
				   "out.",
				   invalid, run->n_trials, run->id, run->target ? " or the target's manifest" : "");
		else
			html_textf(page->out, "%s measured nothing.", run->id);
		strbuf_puts(page->out, "</strong></p>\n");
		if (invalid)
			put_contradictions(run, page->out);
	}
	for (size_t i = 0; i < page->input->n_records; i++) {
		const struct run *run = &page->input->records[i].run;

		if (!run_is_valid(run))
			return;
	}
	page_note(page, "Valid: the counts of all %zu runs agree with each other%s.", runs,
		  page->input->records[0].run.target ? " and with the target's manifest" : "");
}

/* A row of facts, left out without a text. */
static void put_fact(struct page *page, const char *name, const char *text)
{
	if (!text || !*text)
		return;
	strbuf_puts(page->out, "<tr>");
	html_element(page->out, "th scope=\"row\" align=\"left\" valign=\"top\"", name);
	html_element(page->out, "td align=\"left\"", text);
	strbuf_puts(page->out, "</tr>\n");
}

static void add_fact(struct strbuf *facts, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void add_fact(struct strbuf *facts, const char *fmt, ...)
{
	va_list ap;

	if (facts->len)
		strbuf_puts(facts, " · ");
	va_start(ap, fmt);
	strbuf_vprintf(facts, fmt, ap);
	va_end(ap);
}

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static void put_target(struct page *page, const struct run *run)
{
	_cleanup_strbuf_ struct strbuf facts = STRBUF_INIT;
	static const char *const counts[] = { "libraries", "modules", "functions" };
	json_t *command = json_object_get(run->scenario, "command"), *word;
	size_t i;

	if (!run->target) {
		json_array_foreach (command, i, word)
			strbuf_printf(&facts, "%s%s", i ? " " : "",
				      json_is_string(word) ? json_string_value(word) : "?");
		put_fact(page, "Command", facts.text);
		return;
	}
	add_fact(&facts, "%s", text_of(run->target, "name") ? text_of(run->target, "name") : "unnamed");
	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		_cleanup_strbuf_ struct strbuf count = STRBUF_INIT;

		human_count(&count, json_number_value(json_object_get(run->target, counts[i])));
		add_fact(&facts, "%s %s", count.text, counts[i]);
	}
	if (text_of(run->target, "seed"))
		add_fact(&facts, "seed %s", text_of(run->target, "seed"));
	if (text_of(run->target, "compiler_version"))
		add_fact(&facts, "%s", text_of(run->target, "compiler_version"));
	put_fact(page, "Target", facts.text);
}

static void put_machine(struct page *page, const struct run *run)
{
	static const char *const texts[][2] = { { "hostname", "" },
						{ "cpu_model", "" },
						{ "kernel", "Linux " },
						{ "glibc", "glibc " },
						{ "launcher_version", "" } };
	_cleanup_strbuf_ struct strbuf facts = STRBUF_INIT;
	const json_t *cpus = json_object_get(run->host, "cpus"),
		     *memory = json_object_get(run->host, "memory_bytes"),
		     *load = json_object_get(run->host, "load_1min");

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (text_of(run->host, texts[i][0]))
			add_fact(&facts, "%s%s", texts[i][1], text_of(run->host, texts[i][0]));
	if (json_is_integer(cpus))
		add_fact(&facts, "%" JSON_INTEGER_FORMAT " CPUs", json_integer_value(cpus));
	if (json_is_number(memory)) {
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

		human_bytes(&text, json_number_value(memory));
		add_fact(&facts, "%s", text.text);
	}
	if (json_is_number(load))
		add_fact(&facts, "load %.2f when it began", json_number_value(load));
	put_fact(page, "Machine", facts.text);
}

/* Settings that a reader asks for first, as far as they hold for all variants and mean something to the
 * tool; all others are in the record. */
static void put_scenario(struct page *page, const struct run *run)
{
	static const struct {
		const char *key;
		bool of_tools;  /* nothing to untraced runs */
		bool of_tracer; /* only of the kit's own */
	} keys[] = {
		{ "tool", false, false },
		{ "tasks", false, false },
		{ "aslr", false, false },
		{ "wait", true, true },
		{ "load_events", true, true },
		{ "acquire", false, false },
		{ "launcher", false, false },
		{ "breakpoints.count", true, false },
		{ "breakpoints.policy", true, true },
		{ "breakpoints.write", true, true },
	};
	_cleanup_strbuf_ struct strbuf facts = STRBUF_INIT;

	if (text_of(run->scenario, "name"))
		add_fact(&facts, "%s", text_of(run->scenario, "name"));
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const json_t *value = run_scenario_value(run, keys[i].key);

		if (run_is_swept(run, keys[i].key) || (keys[i].of_tools && run_is_untraced(run)) ||
		    (keys[i].of_tracer && !run_has_tracer(run)))
			continue;
		if (json_is_string(value))
			add_fact(&facts, "%s %s", keys[i].key, json_string_value(value));
		else if (json_is_integer(value))
			add_fact(&facts, "%s %" JSON_INTEGER_FORMAT, keys[i].key, json_integer_value(value));
	}
	put_fact(page, "Scenario", facts.text);
}

/* "gdb (tool=gdb tasks=1), ...": what a variant sets, as far as its name does not say it. */
static void put_variants(struct page *page, const struct run *run)
{
	_cleanup_strbuf_ struct strbuf names = STRBUF_INIT;

	for (size_t i = 0; run->n_variants > 1 && i < run->n_variants; i++) {
		const struct run_variant *variant = &run->variants[i];
		const char *key, *before = " (";
		json_t *value;

		strbuf_printf(&names, "%s%s", i ? ", " : "", variant->name);
		json_object_foreach (variant->settings, key, value) {
			_cleanup_free_ char *setting = mem_printf("%s=%s", key, json_string_value(value));

			if (strstr(variant->name, setting))
				continue;
			strbuf_printf(&names, "%s%s", before, setting);
			before = " ";
		}
		if (before[1] == '\0')
			strbuf_putc(&names, ')');
	}
	put_fact(page, "Variants", names.text);
}

void page_head(struct page *page)
{
	for (size_t i = 0; i < page->input->n_records; i++) {
		const struct page_record *record = &page->input->records[i];
		const struct run *run = &record->run;
		_cleanup_strbuf_ struct strbuf facts = STRBUF_INIT;

		page_put_record_heading(page, run);
		strbuf_puts(page->out, "<table border=\"1\" cellspacing=\"0\" cellpadding=\"4\"><tbody>\n");
		add_fact(&facts, "%s", run->id);
		if (run->started_utc)
			add_fact(&facts, "%s", run->started_utc);
		if (run->kit_version)
			add_fact(&facts, "attachstorm %s", run->kit_version);
		add_fact(&facts, "%zu executions", run->n_trials);
		if (!run->complete)
			add_fact(&facts, "not all repetitions yet");
		put_fact(page, "Record", facts.text);
		put_target(page, run);
		put_scenario(page, run);
		put_variants(page, run);
		put_machine(page, run);
		strbuf_puts(page->out, "</tbody></table>\n");
	}
}
