/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Writes the samples of a run, and reads them into its trials. What a trial's record says about itself is
 * believed, and a line that says otherwise is refused: samples beside the wrong record.
 *
 * Invariant: events are added to all trials or to none.
 */
#include "report/record/samples.h"

#include <inttypes.h>
#include <string.h>

#include "lib/fs.h"
#include "lib/mem.h"
#include "report/csv.h"

const char samples_columns[] =
	"trial,variant,temperature,repetition,rank,tid,class,phase,seen_ns,begin_ns,linkmap_ns,symbols_ns,"
	"breakpoints_ns,plant_ns,stacks_ns,done_ns,nodes_read,bytes_read,reinserted,planted,traps_written,"
	"ptrace_calls,added,removed,library_ids";

#define MOST_NS (INT64_C(1) << 60) /* sums of some of them stay within 63 bits */

/* In the order of samples_columns. Those up to AT_PHASE are handled one by one. */
enum {
	AT_TRIAL, AT_VARIANT, AT_TEMPERATURE, AT_REPETITION, AT_RANK, AT_TID, AT_CLASS, AT_PHASE,
	AT_SEEN, AT_DONE = AT_SEEN + 7, AT_NODES, AT_REMOVED = AT_NODES + 7, AT_LIBRARIES, N_FIELDS,
};

struct column {
	const char *name;
	size_t offset; /* in struct event */
};
#define COLUMN(member) { #member, offsetof(struct event, member) }
static const struct column times[] = {
	COLUMN(seen_ns), COLUMN(begin_ns), COLUMN(linkmap_ns), COLUMN(symbols_ns),
	COLUMN(breakpoints_ns), COLUMN(plant_ns), COLUMN(stacks_ns), COLUMN(done_ns),
};
static const struct column counts[] = {
	COLUMN(nodes_read), COLUMN(bytes_read), COLUMN(reinserted), COLUMN(planted),
	COLUMN(traps_written), COLUMN(ptrace_calls), COLUMN(added), COLUMN(removed),
};

static struct err *find_task(const struct csv *csv, const struct trial *trial, const char *field, uint32_t *ret)
{
	struct err *err;
	int64_t rank;

	err = csv_integer(csv, field, "rank", INT32_MIN, INT32_MAX, &rank);
	if (err)
		return err;
	/* By rank, mostly: the place that is its own is looked at first. */
	if (rank >= 0 && (size_t)rank < trial->n_tasks && trial->tasks[rank].rank == rank) {
		*ret = (uint32_t)rank;
		return NULL;
	}
	for (size_t i = 0; i < trial->n_tasks; i++)
		if (trial->tasks[i].rank == rank) {
			*ret = (uint32_t)i;
			return NULL;
		}
	return err_new("'%s': line %zu: its trial has no rank %jd", csv->name, csv->line, (intmax_t)rank);
}

static struct err *find_trial(const struct csv *csv, const char *const *fields, const struct run *run,
			      struct trial **ret)
{
	int64_t index, variant, repetition;
	int temperature = 0;
	struct trial *trial;
	struct err *err;

	err = csv_integer(csv, fields[AT_TRIAL], "trial", 0, (int64_t)run->n_trials - 1, &index);
	if (!err)
		err = csv_integer(csv, fields[AT_VARIANT], "variant", 0, UINT32_MAX, &variant);
	if (!err)
		err = csv_integer(csv, fields[AT_REPETITION], "repetition", 0, UINT32_MAX, &repetition);
	if (!err)
		err = csv_choice(csv, fields[AT_TEMPERATURE], "temperature", temperature_names, &temperature);
	if (err)
		return err;
	trial = &run->trials[index];
	if (trial->variant != variant || trial->repetition != repetition || (int)trial->temperature != temperature)
		return err_new("'%s': line %zu is not of trial %jd of the record beside it", csv->name, csv->line,
			       (intmax_t)index);
	*ret = trial;
	return NULL;
}

static struct err *parse_event(const struct csv *csv, const char *const *fields, const struct trial *trial,
			       struct event *ret)
{
	int class = 0, phase = 0;
	int64_t value;
	struct err *err;

	err = find_task(csv, trial, fields[AT_RANK], &ret->task);
	if (!err)
		err = csv_integer(csv, fields[AT_TID], "tid", 0, INT32_MAX, &value);
	if (err)
		return err;
	ret->tid = (pid_t)value;
	err = csv_choice(csv, fields[AT_CLASS], "class", event_class_names, &class);
	if (!err)
		err = csv_choice(csv, fields[AT_PHASE], "phase", event_phase_names, &phase);
	ret->class = (enum event_class)class;
	ret->phase = (enum event_phase)phase;
	for (size_t i = 0; !err && i < ARRAY_SIZE(times); i++) {
		err = csv_integer(csv, fields[AT_SEEN + i], times[i].name, 0, MOST_NS, &value);
		if (!err)
			memcpy((char *)ret + times[i].offset, &value, sizeof(value));
	}
	for (size_t i = 0; !err && i < ARRAY_SIZE(counts); i++) {
		err = csv_integer(csv, fields[AT_NODES + i], counts[i].name, 0, UINT32_MAX, &value);
		if (!err)
			memcpy((char *)ret + counts[i].offset, &(uint32_t){ (uint32_t)value }, sizeof(uint32_t));
	}
	/* 0: the tool does not tell when it was over */
	if (!err && ret->done_ns && ret->done_ns < ret->begin_ns)
		return err_new("'%s': line %zu: handled before it was begun", csv->name, csv->line);
	return err;
}

static struct err *parse_rows(struct csv *csv, struct run *run)
{
	const char *fields[N_FIELDS];
	bool more;

	for (;;) {
		struct event event = { 0 };
		struct trial *trial = NULL;
		struct err *err = csv_row(csv, fields, N_FIELDS, &more);

		if (err || !more)
			return err;
		err = find_trial(csv, fields, run, &trial);
		if (!err)
			err = parse_event(csv, fields, trial, &event);
		if (err)
			return err;
		*trial_add_event(trial) = event;
	}
}

struct err *samples_parse(const char *name, const char *text, size_t len, struct run *run)
{
	struct err *err;
	struct csv csv;

	err = csv_open(name, text, len, &csv);
	if (err)
		return err;
	err = csv_header(&csv, samples_columns);
	if (!err)
		err = parse_rows(&csv, run);
	for (size_t i = 0; err && i < run->n_trials; i++)
		run->trials[i].n_events = 0;
	csv_close(&csv);
	return err;
}

struct err *samples_read(const char *record_path, struct run *run, bool *found_ret)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_free_ char *path = NULL;
	size_t len = strlen(record_path);
	struct err *err;

	*found_ret = false;
	if (len < 5 || strcmp(record_path + len - 5, ".json"))
		return NULL;
	path = mem_printf("%.*s.events.csv", (int)(len - 5), record_path);
	if (!fs_exists(path))
		return NULL;
	err = fs_read(path, &text);
	if (!err)
		err = samples_parse(path, text.text, text.len, run);
	*found_ret = !err;
	return err;
}

/* --- writing --------------------------------------------------------------------- */

void run_samples_free(struct run_samples *samples)
{
	if (!samples)
		return;
	strbuf_deinit(&samples->csv);
	trial_deinit(&samples->table);
	free(samples);
}

/* Library ids are of the whole run, since all its trials share the table. */
static void events_to_csv(const struct trial *trial, size_t index, struct trial *table, struct strbuf *out)
{
	_cleanup_free_ uint32_t *ids = mem_calloc(trial->n_libraries, sizeof(*ids));

	for (size_t i = 0; i < trial->n_libraries; i++)
		ids[i] = trial_library_id(table, trial->libraries[i]);
	for (size_t i = 0; i < trial->n_events; i++) {
		const struct event *e = &trial->events[i];

		strbuf_printf(out, "%zu,%" PRIu32 ",%s,%" PRIu32 ",%d,%d,%s,%s", index, trial->variant,
			      temperature_names[trial->temperature],
			      trial->repetition, trial->tasks[e->task].rank, (int)e->tid, event_class_names[e->class],
			      event_phase_names[e->phase]);
		strbuf_printf(out, ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64
			      ",%" PRId64,
			      e->seen_ns, e->begin_ns, e->linkmap_ns, e->symbols_ns, e->breakpoints_ns, e->plant_ns,
			      e->stacks_ns, e->done_ns);
		strbuf_printf(out, ",%u,%u,%u,%u,%u,%u,%u,%u,", e->nodes_read, e->bytes_read, e->reinserted, e->planted,
			      e->traps_written, e->ptrace_calls, e->added, e->removed);
		for (uint32_t j = 0; j < e->added + e->removed; j++)
			strbuf_printf(out, j ? "+%u" : "%u", ids[trial->names[e->names_at + j]]);
		strbuf_putc(out, '\n');
	}
}

const struct run_samples *run_samples_add(struct run *run)
{
	if (!run->samples) {
		run->samples = mem_alloc(sizeof(*run->samples));
		run->samples->csv = (struct strbuf)STRBUF_INIT;
		trial_init(&run->samples->table);
		strbuf_printf(&run->samples->csv, "%s\n", samples_columns);
	}
	for (; run->samples->n_trials < run->n_trials; run->samples->n_trials++)
		events_to_csv(&run->trials[run->samples->n_trials], run->samples->n_trials, &run->samples->table,
			      &run->samples->csv);
	return run->samples;
}
