/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fits a target to a footprint: builds small targets whose knobs differ one at a time,
 * learns from them what each knob costs, and corrects what was solved by what the whole
 * turns out to be. Invariant: the number of libraries is always that of the real code.
 */
#include "gen/fit/fit.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <string.h>

#include "gen/fit/spec.h"
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
	struct fit_style style;
	struct fit_model model;
};

/* --- interruption ---------------------------------------------------------------- */

static volatile sig_atomic_t interrupted;

static void note_interruption(int signal)
{
	interrupted = signal;
}

static const int interruptions[] = { SIGINT, SIGTERM, SIGHUP };

/* A signal ends the fit between two builds, or with the build that it ends too (Ctrl-C), so
 * that the temporary folder is removed. */
static void catch_interruptions(struct sigaction old[ARRAY_SIZE(interruptions)])
{
	struct sigaction action = { .sa_handler = note_interruption, .sa_flags = SA_RESTART };

	interrupted = 0;
	for (size_t i = 0; i < ARRAY_SIZE(interruptions); i++)
		sigaction(interruptions[i], &action, &old[i]);
}

static void restore_interruptions(const struct sigaction old[ARRAY_SIZE(interruptions)])
{
	for (size_t i = 0; i < ARRAY_SIZE(interruptions); i++)
		sigaction(interruptions[i], &old[i], NULL);
}

/* --- building ---------------------------------------------------------------------- */

static struct err *build(const struct fitter *f, struct target_spec *spec, const char *dir, struct footprint *ret)
{
	struct target_opts opts = { .dir = dir, .jobs = f->opts->jobs };
	bool was_done;
	struct err *err = target_make(spec, &opts, &was_done);

	if (interrupted) {
		err_free(err);
		return err_exit(EXIT_INTERRUPTED, "interrupted");
	}
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
	_cleanup_free_ char *dir = mem_printf("%s/sample%d%s", f->dir, sample, f->style.compact ? "c" : "");
	struct fit_knobs knobs = sample_knobs(f, sample);
	struct footprint footprint;
	struct target_spec spec;
	struct err *err = fit_make_spec(f->opts->base, &knobs, &f->style, sample_count(f, LIBRARY_MODULE),
					sample_count(f, LIBRARY_UTILITY), &spec);

	if (err)
		return err;
	spec.programs.n = 0;
	err = build(f, &spec, dir, &footprint);
	spec_deinit(&spec);
	if (err)
		return interrupted ? err : err_wrap(err, "sample %d", sample);
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

static double worst_miss(const struct fit_goal *goal, const double bytes[FOOTPRINT_N_COLUMNS])
{
	double worst = 0;

	for (int i = 0; i < FOOTPRINT_N_COLUMNS; i++)
		worst = fmax(worst, fit_miss(goal->bytes[i], bytes[i]));
	return worst;
}

static struct err *build_whole(const struct fitter *f, const struct fit_knobs *knobs, double ret[FOOTPRINT_N_COLUMNS])
{
	_cleanup_free_ char *temporary = mem_printf("%s/whole", f->dir);
	struct footprint_object libraries;
	struct footprint footprint;
	struct target_spec spec;
	struct err *err = fit_make_spec(f->opts->base, knobs, &f->style, f->goal.modules,
					f->goal.utilities, &spec);

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

	f->style.compact = false;
	err = learn(f);
	if (err)
		return err;
	fit_solve(&f->model, &f->goal, &knobs, &result->limits);
	if (result->limits.why[COLUMN_TEXT] || result->limits.why[COLUMN_DATA]) {
		f->style.compact = true;
		err = learn(f);
		if (err)
			return err;
		fit_solve(&f->model, &f->goal, &knobs, &result->limits);
	}
	fit_predict(&f->model, &knobs, f->goal.modules, f->goal.utilities, result->bytes);
	if (!f->opts->no_verify)
		err = verify(f, &knobs, result);
	return err ? err : fit_make_spec(f->opts->base, &knobs, &f->style, f->goal.modules, f->goal.utilities,
					 &result->spec);
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
	struct sigaction old[ARRAY_SIZE(interruptions)];
	struct err *removed, *err = fit_goal_of(real, &f.goal);

	if (!err)
		err = make_temporary(&f.dir);
	if (err)
		return err;
	f.style.short_names = f.goal.bytes[COLUMN_SYMTAB] > 0 &&
			24 * f.goal.bytes[COLUMN_STRTAB] / f.goal.bytes[COLUMN_SYMTAB] < LONG_NAME_BYTES;
	result.goal = f.goal;
	catch_interruptions(old);
	err = solve_whole(&f, &result);
	restore_interruptions(old);
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
