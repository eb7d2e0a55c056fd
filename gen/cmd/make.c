/* SPDX-License-Identifier: BSD-3-Clause */
/* Makes the target that the command line describes, or each target of a series. */
#include "gen/cmd/cmd.h"

#include "gen/footprint/footprint.h"
#include "gen/cmd/options.h"
#include "gen/series.h"
#include "gen/target.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/progress.h"

static struct err *make_target(const struct options *options, const struct target_spec *spec, const char *dir)
{
	struct target_opts opts = { .dir = dir, .jobs = spec->jobs, .sources_only = options->sources_only };
	bool was_done;
	struct err *err = target_make(spec, &opts, &was_done);

	if (!err)
		progress_note("%s: %s", dir,
			      was_done		? "up to date" :
			      opts.sources_only ? "sources written" :
						  "done");
	return err;
}

/* What Pynamic prints at the end of a build, on standard output as there. */
static struct err *print_summary(const char *dir)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct footprint footprint;
	struct err *err = footprint_of_target(dir, NULL, &footprint);

	if (err)
		return err;
	footprint_put_summary(&footprint, &text);
	footprint_deinit(&footprint);
	return cmd_print(text.text);
}

/* All members are checked before the first is made. Names the folders on standard output. */
static struct err *make_series(const struct options *options, const char *dir, size_t n)
{
	struct err *err = NULL;

	for (size_t i = 0; !err && i < 2 * n; i++) {
		_cleanup_free_ char *folder = NULL;
		_cleanup_free_ char *path = NULL;
		struct target_spec spec;

		err = options_read_spec(options, i % n, &spec, &folder);
		if (err)
			return err;
		path = fs_join(dir, folder);
		if (i >= n) {
			_cleanup_free_ char *line = mem_printf("%s\n", path);

			err = make_target(options, &spec, path);
			if (!err)
				err = cmd_print(line);
		}
		spec_deinit(&spec);
	}
	return err;
}

static struct err *run(const struct options *options)
{
	struct target_spec spec;
	const char *dir;
	size_t n;
	struct err *err = options_read_spec(options, OPTIONS_NO_MEMBER, &spec, NULL);

	if (err)
		return err;
	dir = options->dir ? options->dir : spec.name;
	err = series_count(&spec, &n);
	if (!err)
		err = n ? make_series(options, dir, n) : make_target(options, &spec, dir);
	if (!err && !n && !options->sources_only && !options->quiet)
		err = print_summary(dir);
	spec_deinit(&spec);
	return err;
}

struct err *cmd_make(int argc, char **argv)
{
	struct options options;
	struct err *err;

	options_parse(argc, argv, &options);
	err = run(&options);
	options_deinit(&options);
	return err;
}
