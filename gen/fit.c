/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fits a target to a footprint: builds small targets whose knobs differ one at a time,
 * learns from them what each knob costs, and corrects what was solved by what the whole
 * turns out to be. Invariant: the number of libraries is always that of the real code.
 */
#include "gen/fit.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "gen/target.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/progress.h"

#define MAX_BUILDS 3
#define GOOD_ENOUGH 0.05 /* what is this near is not built again */

/* Libraries of each kind in a sample, and how large they may get: a sample takes a second. */
#define SAMPLE_LIBRARIES 2
#define SAMPLE_FUNCTIONS 120
#define SAMPLE_STATEMENTS 3000

/* Names of this many bytes with their zero and less are within reach of short names only. */
#define LONG_NAME_BYTES 26.0

struct fitter {
	const struct footprint *real;
	const struct fit_opts *opts;
	struct fit_goal goal;
	char *dir;             /* temporary, of samples */
	bool compact;          /* smaller code for the same functions */
	bool short_names;
	struct fit_model model;
};

/* --- from knobs to a spec -------------------------------------------------------- */

static struct err *set_number(struct target_spec *spec, const char *key, int64_t value)
{
	_cleanup_free_ char *text = mem_printf("%lld", (long long)value);

	return conf_set_value(&spec_table, key, text, key, spec);
}

/* An average of 12.4 statements: eight sizes, of which three are 13. */
static struct err *set_body(struct target_spec *spec, double body_size)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	long whole = (long)floor(body_size), eighths = lround((body_size - whole) * 8);

	if (body_size >= 100 || eighths == 0 || eighths == 8)
		strbuf_printf(&text, "%ld", lround(body_size));
	for (long i = 0; !text.len || (i < 8 && strchr(text.text, ',')); i++)
		strbuf_printf(&text, "%ld%s", whole + (i < eighths), i < 7 ? "," : "");
	return conf_set_value(&spec_table, "body.size", text.text, "body.size", spec);
}

static struct err *copy_spec(const struct target_spec *from, struct target_spec *ret)
{
	_cleanup_free_ char *text = conf_to_yaml(&spec_table, from);
	struct target_spec spec = { 0 };
	struct err *err;

	conf_defaults(&spec_table, &spec);
	err = conf_read_text(&spec_table, "spec", text, strlen(text), &spec);
	if (err)
		spec_deinit(&spec);
	else
		*ret = spec;
	return err;
}

static struct err *apply_knobs(const struct fitter *f, const struct fit_knobs *knobs, int64_t modules,
			       int64_t utilities, struct target_spec *spec)
{
	const struct {
		const char *key;
		int64_t value;
	} numbers[] = {
		{ "modules", modules },
		{ "utilities", utilities },
		{ "functions", knobs->functions[LIBRARY_MODULE] },
		{ "utility_functions", knobs->functions[LIBRARY_UTILITY] },
		{ "functions_spread", 0 },
		{ "name_length", knobs->name_length },
		{ "data_size", knobs->data_size },
		{ "debug_size", knobs->debug_size },
		{ "stripped_libraries", knobs->stripped },
		{ "undebugged_libraries", knobs->undebugged },
	};
	struct err *err = set_body(spec, knobs->body_size);

	for (size_t i = 0; !err && i < ARRAY_SIZE(numbers); i++)
		err = set_number(spec, numbers[i].key, numbers[i].value);
	/* They would be two libraries more than the real code has. */
	if (!err)
		err = conf_set(&spec_table, "begin_links_all=false", spec);
	if (!err)
		err = conf_set(&spec_table, "break_modules=false", spec);
	if (!err && f->short_names)
		err = conf_set(&spec_table, "short_names=true", spec);
	if (!err && f->compact)
		err = conf_set(&spec_table, "compiler.flags=-Os,-fno-asynchronous-unwind-tables", spec);
	if (!err && f->compact)
		err = conf_set(&spec_table, "calls.utility=0", spec);
	return err ? err : spec_check(spec, "fit");
}

/* A copy of the base with these knobs; free with spec_deinit. */
static struct err *make_spec(const struct fitter *f, const struct fit_knobs *knobs, int64_t modules,
			     int64_t utilities, struct target_spec *ret)
{
	struct target_spec spec;
	struct err *err = copy_spec(f->opts->base, &spec);

	if (err)
		return err;
	err = apply_knobs(f, knobs, modules, utilities, &spec);
	if (err)
		spec_deinit(&spec);
	else
		*ret = spec;
	return err;
}

static struct err *build(const struct fitter *f, struct target_spec *spec, const char *dir, struct footprint *ret)
{
	struct target_opts opts = { .dir = dir, .jobs = f->opts->jobs };
	bool was_done;
	struct err *err = target_make(spec, &opts, &was_done);

	return err ? err : footprint_of_target(dir, NULL, ret);
}

/* --- samples --------------------------------------------------------------------- */

static int64_t sample_count(const struct fitter *f, enum library_kind kind)
{
	int64_t n = kind == LIBRARY_MODULE ? f->goal.modules : f->goal.utilities;

	return n < SAMPLE_LIBRARIES ? n : SAMPLE_LIBRARIES;
}

/* About the real code's numbers, from what a symbol and a function cost at least. */
static struct fit_knobs guess(const struct fitter *f)
{
	const double *bytes = f->goal.bytes;
	int64_t n = f->goal.modules + f->goal.utilities;
	double symbols = bytes[COLUMN_SYMTAB] / (24 * (1 + f->goal.full_share)), average = symbols / n;
	struct fit_knobs knobs = { .data_size = 4096 };
	double body = symbols > 0 ? bytes[COLUMN_TEXT] / symbols / 20 - 8 : 0;

	for (int kind = 0; kind < 2; kind++)
		knobs.functions[kind] = fmax(2, fmin(average * f->goal.weights[kind] / 2, SAMPLE_FUNCTIONS));
	knobs.body_size = floor(fmax(2, fmin(body, SAMPLE_STATEMENTS / (double)(knobs.functions[0] + 1))));
	return knobs;
}

/* The base, and one for each knob; knobs that share no section change together. */
enum sample { SAMPLE_BASE, SAMPLE_FUNCTIONS_HALVED, SAMPLE_NAMES_AND_DATA, SAMPLE_BODIES, SAMPLE_TYPES, N_SAMPLES };

static struct fit_knobs sample_knobs(const struct fitter *f, enum sample sample)
{
	struct fit_knobs knobs = guess(f);

	/* Debug information that nobody asks for takes half of the compiler's time. */
	if (f->goal.bytes[COLUMN_DEBUG] <= 0)
		knobs.undebugged = sample_count(f, LIBRARY_MODULE) + sample_count(f, LIBRARY_UTILITY);
	switch (sample) {
	case SAMPLE_FUNCTIONS_HALVED:
		for (int kind = 0; kind < 2; kind++)
			knobs.functions[kind] = knobs.functions[kind] / 2;
		break;
	case SAMPLE_NAMES_AND_DATA:
		knobs.name_length += 20;
		knobs.data_size += 65536;
		break;
	case SAMPLE_BODIES:
		knobs.body_size *= 2;
		break;
	case SAMPLE_TYPES:
		knobs.debug_size += 65536;
		break;
	case SAMPLE_BASE:
	case N_SAMPLES:
		break;
	}
	return knobs;
}

static void observe(const struct footprint *footprint, const struct fit_knobs *knobs,
		    struct fit_observation **ret, size_t *n_ret)
{
	*ret = mem_realloc(*ret, *n_ret + footprint->n_objects, sizeof(**ret));
	for (size_t i = 0; i < footprint->n_objects; i++) {
		const struct footprint_object *object = &footprint->objects[i];
		struct fit_observation *o = &(*ret)[*n_ret];

		if (object->kind == FOOTPRINT_PROGRAM)
			continue;
		*o = (struct fit_observation){
			.kind = object->kind == FOOTPRINT_MODULE ? LIBRARY_MODULE : LIBRARY_UTILITY,
			.knobs = *knobs,
		};
		for (int part = 0; part < ELF_N_PARTS; part++)
			o->bytes[part] = object->bytes[part];
		++*n_ret;
	}
}

static struct err *build_sample(const struct fitter *f, enum sample sample, struct fit_observation **ret,
				size_t *n_ret)
{
	_cleanup_free_ char *dir = mem_printf("%s/sample%d%s", f->dir, sample, f->compact ? "c" : "");
	struct fit_knobs knobs = sample_knobs(f, sample);
	struct footprint footprint;
	struct target_spec spec;
	struct err *err = make_spec(f, &knobs, sample_count(f, LIBRARY_MODULE), sample_count(f, LIBRARY_UTILITY),
				    &spec);

	if (err)
		return err;
	spec.programs.n = 0;
	err = build(f, &spec, dir, &footprint);
	spec_deinit(&spec);
	if (err)
		return err_wrap(err, "sample %d", sample);
	observe(&footprint, &knobs, ret, n_ret);
	footprint_deinit(&footprint);
	return fs_remove_tree(dir);
}

static struct err *learn(struct fitter *f)
{
	_cleanup_free_ struct fit_observation *observations = NULL;
	struct err *err = NULL;
	size_t n = 0;

	for (int i = 0; !err && i < N_SAMPLES; i++)
		err = build_sample(f, i, &observations, &n);
	return err ? err : fit_learn(observations, n, &f->model);
}

/* --- the whole ------------------------------------------------------------------- */

static double miss(double real, double model)
{
	if (real <= 0)
		return model > 0 ? INFINITY : 0;
	return fabs(model / real - 1);
}

static double worst_miss(const struct fit_goal *goal, const double bytes[FOOTPRINT_N_COLUMNS])
{
	double worst = 0;

	for (int i = 0; i < FOOTPRINT_N_COLUMNS; i++)
		worst = fmax(worst, miss(goal->bytes[i], bytes[i]));
	return worst;
}

static struct err *build_whole(const struct fitter *f, const struct fit_knobs *knobs, double ret[FOOTPRINT_N_COLUMNS])
{
	_cleanup_free_ char *temporary = mem_printf("%s/whole", f->dir);
	struct footprint_object libraries;
	struct footprint footprint;
	struct target_spec spec;
	struct err *err = make_spec(f, knobs, f->goal.modules, f->goal.utilities, &spec);

	if (err)
		return err;
	if (!f->opts->dir)
		spec.programs.n = 0;
	err = build(f, &spec, f->opts->dir ? f->opts->dir : temporary, &footprint);
	spec_deinit(&spec);
	if (err)
		return err;
	libraries = footprint_libraries(&footprint);
	for (int i = 0; i < FOOTPRINT_N_COLUMNS; i++)
		ret[i] = footprint_column(&libraries, i);
	footprint_deinit(&footprint);
	return NULL;
}

/* Each build shows by how much the samples were wrong; that much further the next one aims.
 * The best of all builds is kept. */
static struct err *verify(const struct fitter *f, struct fit_knobs *knobs, struct fit_result *result)
{
	struct fit_knobs best = *knobs, next = *knobs;
	struct fit_goal aim = f->goal;
	struct err *err = NULL;

	for (unsigned i = 0; i < MAX_BUILDS; i++) {
		double bytes[FOOTPRINT_N_COLUMNS];

		err = build_whole(f, &next, bytes);
		if (err)
			return err;
		result->n_builds++;
		if (!i || worst_miss(&f->goal, bytes) < worst_miss(&f->goal, result->bytes)) {
			best = next;
			memcpy(result->bytes, bytes, sizeof(bytes));
		}
		if (worst_miss(&f->goal, bytes) < GOOD_ENOUGH)
			break;
		for (int j = 0; j < FOOTPRINT_N_COLUMNS; j++)
			aim.bytes[j] = fmax(0, aim.bytes[j] + f->goal.bytes[j] - bytes[j]);
		fit_solve(&f->model, &aim, &next, &result->limits);
		if (!memcmp(&next, &best, sizeof(next)))
			break;
	}
	*knobs = best;
	/* What is kept in the caller's folder is the match, not the last try. */
	return f->opts->dir && memcmp(&next, &best, sizeof(next)) ? build_whole(f, &best, result->bytes) : NULL;
}

static struct err *solve_whole(struct fitter *f, struct fit_result *result)
{
	struct fit_knobs knobs;
	struct err *err;

	f->compact = false;
	err = learn(f);
	if (err)
		return err;
	fit_solve(&f->model, &f->goal, &knobs, &result->limits);
	if (result->limits.why[COLUMN_TEXT] || result->limits.why[COLUMN_DATA]) {
		f->compact = true;
		err = learn(f);
		if (err)
			return err;
		fit_solve(&f->model, &f->goal, &knobs, &result->limits);
	}
	fit_predict(&f->model, &knobs, f->goal.modules, f->goal.utilities, result->bytes);
	if (!f->opts->no_verify)
		err = verify(f, &knobs, result);
	return err ? err : make_spec(f, &knobs, f->goal.modules, f->goal.utilities, &result->spec);
}

static struct err *make_temporary(char **ret)
{
	const char *base = getenv("TMPDIR");
	char *path = mem_printf("%s/pynamic-fit.XXXXXX", base && *base ? base : "/tmp");

	if (!mkdtemp(path)) {
		struct err *err = err_errno(errno, "cannot make a folder like '%s'", path);

		free(path);
		return err;
	}
	*ret = path;
	return NULL;
}

struct err *fit_find(const struct footprint *real, const struct fit_opts *opts, struct fit_result *ret)
{
	struct fitter f = { .real = real, .opts = opts };
	struct fit_result result = { 0 };
	struct err *removed, *err = fit_goal_of(real, &f.goal);

	if (!err)
		err = make_temporary(&f.dir);
	if (err)
		return err;
	f.short_names = f.goal.bytes[COLUMN_SYMTAB] > 0 &&
			24 * f.goal.bytes[COLUMN_STRTAB] / f.goal.bytes[COLUMN_SYMTAB] < LONG_NAME_BYTES;
	result.goal = f.goal;
	err = solve_whole(&f, &result);
	removed = fs_remove_tree(f.dir);
	free(f.dir);
	if (!err)
		err = removed;
	else
		err_free(removed);
	if (err)
		return err;
	*ret = result;
	return NULL;
}

void fit_result_deinit(struct fit_result *result)
{
	spec_deinit(&result->spec);
}

/* --- showing --------------------------------------------------------------------- */

double fit_ratio(const struct fit_result *result, enum footprint_column column)
{
	double real = result->goal.bytes[column], model = result->bytes[column];

	if (real <= 0)
		return model > 0 ? INFINITY : 1;
	return model / real;
}

struct err *fit_check(const struct fit_result *result)
{
	_cleanup_strbuf_ struct strbuf missed = STRBUF_INIT;

	for (int i = 0; i < FOOTPRINT_N_COLUMNS; i++) {
		const char *why = result->limits.why[i];

		if (miss(result->goal.bytes[i], result->bytes[i]) <= FIT_TOLERANCE)
			continue;
		strbuf_printf(&missed, "%s%s is %.2f times the real one%s%s", missed.len ? "; " : "",
			      footprint_column_names[i], fit_ratio(result, i), why ? ": " : "", why ? why : "");
	}
	return missed.len ? err_exit(EXIT_INVALID, "no match within %.0f %%: %s", 100 * FIT_TOLERANCE, missed.text) :
			    NULL;
}

static void put_line(const char *name, double real, double model, struct strbuf *ret)
{
	strbuf_printf(ret, "%-14s %12.3f %12.3f", name, real / 1e6, model / 1e6);
	if (real > 0)
		strbuf_printf(ret, " %8.3f", model / real);
	strbuf_putc(ret, '\n');
}

void fit_put_table(const struct fit_result *result, const char *what, struct strbuf *ret)
{
	const struct fit_goal *goal = &result->goal;
	long long n = goal->modules + goal->utilities;
	double real = 0, model = 0;

	strbuf_printf(ret, "real:  %s\nmodel: %lld modules and %lld utilities%s\n\n%-14s %12s %12s %8s\n", what,
		      (long long)goal->modules, (long long)goal->utilities,
		      result->n_builds ? "" : ", as the samples predict it", "MB", "real", "model", "ratio");
	for (int i = 0; i < FOOTPRINT_N_COLUMNS; i++) {
		put_line(footprint_column_names[i], goal->bytes[i], result->bytes[i], ret);
		real += goal->bytes[i];
		model += result->bytes[i];
	}
	put_line("total", real, model, ret);
	strbuf_printf(ret, "%-14s %12lld %12lld %8.3f\n", "libraries", n, n, 1.0);
}
