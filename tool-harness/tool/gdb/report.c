/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What GDB tells of itself: its version, the settings in force and the times of its steps
 * (-enable-timings). It goes into the record beside what the harness measures, and nothing here
 * is computed from it.
 */
#include <jansson.h>
#include <math.h>

#include "lib/clock.h"
#include "lib/json/text.h"
#include "lib/mem.h"
#include "tool/gdb/gdb.h"

#define MAX_SECONDS 1e9 /* what is beyond is no time */

static const char *const settings[] = {
	"auto-solib-add", "index-cache enabled", "index-cache directory", "debuginfod enabled",
	"disable-randomization", "non-stop", "mi-async", "breakpoint always-inserted", "debug-file-directory",
};

static const char *const timing_names[] = {
	[GDB_TIME_ATTACH] = "attach",         [GDB_TIME_EXEC] = "exec",
	[GDB_TIME_SOLIB] = "solib_event",     [GDB_TIME_BREAKPOINT] = "breakpoint_hit",
	[GDB_TIME_INSERT] = "break_insert",
};

/* All GDBs of a trial have the same settings: the first is asked. */
void gdb_report_ask(struct gdb_session *s)
{
	if (s != s->gdb->sessions)
		return;
	s->gdb->settings = mem_calloc(ARRAY_SIZE(settings), sizeof(s->gdb->settings[0]));
	gdb_send(s, GDB_VERSION, 0, "-gdb-version");
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		gdb_send(s, GDB_SHOW, i, "-gdb-show %s", settings[i]);
}

void gdb_report_answer(struct gdb_session *s, size_t setting, const struct mi_record *record)
{
	free(s->gdb->settings[setting]);
	s->gdb->settings[setting] = mem_strdup(mi_get(record, "value", NULL));
}

static int64_t seconds_ns(const char *text)
{
	char *end;
	double value = strtod(text, &end);

	return *text && !*end && value >= 0 && value < MAX_SECONDS ? llround(value * (double)NS_PER_S) : 0;
}

void gdb_report_time(struct gdb *gdb, enum gdb_timing timing, const struct mi_record *record)
{
	struct gdb_times *times = &gdb->times[timing];

	if (!mi_find(record, record->values, "time"))
		return;
	times->n++;
	times->wall_ns += seconds_ns(mi_get(record, "time", "wallclock", NULL));
	times->user_ns += seconds_ns(mi_get(record, "time", "user", NULL));
	times->system_ns += seconds_ns(mi_get(record, "time", "system", NULL));
}

void gdb_report_write(struct gdb *gdb)
{
	json_t *report = json_object(), *of_settings = json_object(), *of_times = json_object();
	size_t rubbish = 0;

	for (size_t i = 0; i < gdb->n_sessions; i++)
		rubbish += gdb->sessions[i].rubbish;
	json_object_set_new(report, "processes", json_integer((json_int_t)gdb->n_sessions));
	json_object_set_new(report, "rubbish_lines", json_integer((json_int_t)rubbish));
	for (size_t i = 0; gdb->settings && i < ARRAY_SIZE(settings); i++)
		if (gdb->settings[i])
			json_object_set_new(of_settings, settings[i], json_text(gdb->settings[i]));
	json_object_set_new(report, "settings", of_settings);
	for (size_t i = 0; i < GDB_TIME_N; i++)
		if (gdb->times[i].n)
			json_object_set_new(of_times, timing_names[i],
					    json_pack("{s:I, s:I, s:I, s:I}", "n", (json_int_t)gdb->times[i].n,
						      "wall_ns", (json_int_t)gdb->times[i].wall_ns, "user_ns",
						      (json_int_t)gdb->times[i].user_ns, "system_ns",
						      (json_int_t)gdb->times[i].system_ns));
	json_object_set_new(report, "timings", of_times);
	free(gdb->trial->tool_report);
	gdb->trial->tool_report = json_dumps(report, JSON_COMPACT);
	json_decref(report);
}

void gdb_report_deinit(struct gdb *gdb)
{
	for (size_t i = 0; gdb->settings && i < ARRAY_SIZE(settings); i++)
		free(gdb->settings[i]);
	free(gdb->settings);
}
