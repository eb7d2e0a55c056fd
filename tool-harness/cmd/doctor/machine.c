/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checks of what a machine has room for: cores, memory, processes, open files, disk, and the page
 * cache. With a target one task of it is run, untraced, and its peak memory taken. Measures no time.
 *
 * Invariant: nothing is left on disk, and no page of a file but the probed one's is evicted.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "cmd/doctor/doctor.h"
#include "job/acquire/acquire.h"
#include "job/launch.h"
#include "job/pagecache.h"
#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "report/human.h"

#define LIMIT_NS (120 * NS_PER_S)
#define END_GRACE_NS (2 * NS_PER_S)
#define LOOK_NS (2 * NS_PER_MS)
#define PROBE_BYTES (256 << 10)
#define PROCESSES_PER_TASK 4 /* itself, the threads of MPI, a debugger of its own */
#define LITTLE_DISK_BYTES (1.0 * (1 << 30))

/* The number behind a key of a file of the kind of /proc/meminfo; -1: not there. */
static int64_t number_in(const char *path, const char *key)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_err_ struct err *err = fs_read(path, &text);
	const char *at = err ? NULL : strstr(text.text, key);

	return at ? strtoll(at + strlen(key), NULL, 10) : -1;
}

static void look_cores(struct doctor *doctor, const struct doctor_check *check)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	_cleanup_free_ char *what = mem_printf("%ld for %lld task%s and the tool", cores, (long long)doctor->tasks,
					       doctor->tasks == 1 ? "" : "s");
	bool enough = doctor->tasks < cores;

	doctor_say(doctor, check, NULL, enough ? DOCTOR_YES : DOCTOR_PARTLY, what,
		   enough ? NULL : "counts are right; times are those of tasks that wait for each other: fewer "
				   "tasks, or more repetitions");
}

/* --- memory ----------------------------------------------------------------------- */

/* Follows one task to its end. Its peak (VmHWM, proc_pid_status(5)) as last seen, in KiB. */
static int64_t task_peak(struct job *job, const volatile bool *stop)
{
	_cleanup_free_ char *status = mem_printf("/proc/%d/status", (int)job->tasks[0].pid);
	int64_t end_ns = clock_now_ns() + LIMIT_NS, peak = -1;

	while (!job_task_ended(job, 0) && clock_now_ns() < end_ns && !*stop) {
		int64_t now = number_in(status, "VmHWM:");

		if (now > peak)
			peak = now;
		nanosleep(&(struct timespec){ .tv_nsec = LOOK_NS }, NULL);
	}
	return peak;
}

static struct err *peak_measure(const struct doctor *doctor, int64_t *ret_kib)
{
	const struct prepared *p = doctor->prepared;
	char dir[] = "/tmp/attachstorm-doctor-XXXXXX";
	const struct job_plan plan = {
		.argv = (const char *const *)p->argv, .env = p->env, .n_tasks = 1, .aslr = true, .dir = dir,
		.launcher = (enum launcher)p->scenario->launcher, .mpirun = p->scenario->mpirun,
		.launcher_args = &p->scenario->launcher_args, .acquire = ACQUIRE_SHIM,
	};
	struct job *job = NULL;
	struct err *err = NULL;

	if (!mkdtemp(dir))
		return err_errno(errno, "cannot make a folder in /tmp");
	err = job_launch(&plan, clock_now_ns() + LIMIT_NS, doctor->stop, &job);
	if (!err)
		err = job_release(job, 0);
	if (!err)
		*ret_kib = task_peak(job, doctor->stop);
	if (job)
		job_end(job, END_GRACE_NS);
	job_destroy(job);
	err_free(fs_remove_tree(dir));
	return err;
}

static void look_memory(struct doctor *doctor, const struct doctor_check *check)
{
	int64_t available = number_in("/proc/meminfo", "MemAvailable:"), peak = -1;
	_cleanup_strbuf_ struct strbuf what = STRBUF_INIT;
	struct err *err = doctor->prepared ? peak_measure(doctor, &peak) : NULL;
	bool enough = peak < 0 || available > peak * doctor->tasks;

	if (err) {
		doctor_say_err(doctor, check, DOCTOR_NO, err, NULL);
		return;
	}
	human_bytes(&what, (double)available * 1024);
	strbuf_puts(&what, " available");
	if (peak >= 0) {
		strbuf_puts(&what, "; one task, run untraced, has a peak of ");
		human_bytes(&what, (double)peak * 1024);
		strbuf_printf(&what, ", %lld have at most ", (long long)doctor->tasks);
		human_bytes(&what, (double)peak * 1024 * (double)doctor->tasks);
		strbuf_puts(&what, " (shared pages counted in each)");
	}
	doctor_say(doctor, check, NULL, enough ? DOCTOR_YES : DOCTOR_PARTLY, what.text,
		   enough ? doctor->prepared ? NULL : "--target DIR --tasks N estimates what a job takes" :
			    "fewer tasks, or a smaller target: shared pages may still save it");
}

/* --- limits ----------------------------------------------------------------------- */

static void look_files(struct doctor *doctor, const struct doctor_check *check)
{
	doctor_say_err(doctor, check, DOCTOR_NO, raise_file_limit((size_t)doctor->tasks),
		       mem_printf("the limit does for %lld tasks", (long long)doctor->tasks));
}

static void look_processes(struct doctor *doctor, const struct doctor_check *check)
{
	int64_t want = doctor->tasks * PROCESSES_PER_TASK, least = INT64_MAX;
	const char *who = "";
	struct rlimit limit;
	const struct {
		const char *name;
		int64_t n;
	} limits[] = {
		{ "RLIMIT_NPROC (ulimit -u)",
		  geteuid() == 0 || getrlimit(RLIMIT_NPROC, &limit) || limit.rlim_cur > INT64_MAX ?
			  -1 : (int64_t)limit.rlim_cur },
		{ "kernel.pid_max", number_in("/proc/sys/kernel/pid_max", "") },
		{ "kernel.threads-max", number_in("/proc/sys/kernel/threads-max", "") },
	};
	_cleanup_free_ char *what = NULL, *way_out = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		if (limits[i].n >= 0 && limits[i].n < least) {
			least = limits[i].n;
			who = limits[i].name;
		}
	}
	what = mem_printf("%lld at most by %s; %lld task%s take some %lld", (long long)least, who,
			  (long long)doctor->tasks, doctor->tasks == 1 ? "" : "s", (long long)want);
	way_out = mem_printf("raise %s", who);
	doctor_say(doctor, check, NULL, want < least ? DOCTOR_YES : DOCTOR_NO, what, want < least ? NULL : way_out);
}

/* --- disk ------------------------------------------------------------------------- */

/* Of a folder that may not be there yet: the nearest that is. Heap. */
static char *existing_folder(const char *path)
{
	char *folder = mem_strdup(path);

	while (!fs_exists(folder)) {
		char *above = fs_dirname(folder);

		free(folder);
		folder = above;
	}
	return folder;
}

static void look_disk(struct doctor *doctor, const struct doctor_check *check)
{
	_cleanup_free_ char *folder = existing_folder(doctor->scenario.results);
	_cleanup_strbuf_ struct strbuf what = STRBUF_INIT;
	struct statvfs fs;
	double free_bytes;

	if (statvfs(folder, &fs)) {
		doctor_say_err(doctor, check, DOCTOR_NO, err_errno(errno, "cannot look at '%s'", folder), NULL);
		return;
	}
	free_bytes = (double)fs.f_bavail * (double)fs.f_frsize;
	human_bytes(&what, free_bytes);
	strbuf_printf(&what, " free for '%s'", doctor->scenario.results);
	if (access(folder, W_OK)) {
		strbuf_puts(&what, ", which cannot be written");
		doctor_say(doctor, check, NULL, DOCTOR_NO, what.text, "another folder: run --results DIR");
	} else {
		doctor_say(doctor, check, NULL, free_bytes > LITTLE_DISK_BYTES ? DOCTOR_YES : DOCTOR_PARTLY, what.text,
			   free_bytes > LITTLE_DISK_BYTES ? NULL : "a target of paper size takes 1 to 4 GiB");
	}
}

/* --- page cache ------------------------------------------------------------------- */

static struct err *probe_write(const char *folder, char **ret_path)
{
	_cleanup_free_ char *path = mem_printf("%s/.attachstorm-doctor-XXXXXX", folder);
	_cleanup_free_ char *bytes = mem_alloc(PROBE_BYTES);
	_cleanup_close_ int fd = mkostemp(path, O_CLOEXEC);

	if (fd < 0)
		return err_errno(errno, "cannot make a file in '%s'", folder);
	memset(bytes, 'x', PROBE_BYTES); /* holes take no page */
	if (write(fd, bytes, PROBE_BYTES) != PROBE_BYTES) {
		unlink(path);
		return err_errno(errno, "cannot write a file in '%s'", folder);
	}
	*ret_path = no_free_ptr(path);
	return NULL;
}

/* Pages of the file that are resident once it was evicted, and of how many. */
static struct err *eviction_try(const char *path, struct trial_residency *ret)
{
	struct file_set set = { 0 };
	struct err *err = file_set_add(&set, path);

	if (!err)
		err = pagecache_load(&set);
	if (!err)
		err = pagecache_evict(&set, false);
	if (!err)
		err = pagecache_residency(&set, ret);
	file_set_deinit(&set);
	return err;
}

static void look_eviction(struct doctor *doctor, const struct doctor_check *check)
{
	const char *folder = doctor->scenario.target ? doctor->scenario.target : ".";
	struct trial_residency after = { 0 };
	char *path = NULL;
	struct err *err = probe_write(folder, &path);

	if (!err) {
		err = eviction_try(path, &after);
		unlink(path);
	}
	if (!err && after.pages_resident)
		err = err_hint(err_new("%ju of %ju pages of a file in '%s' stay in the page cache",
				       (uintmax_t)after.pages_resident, (uintmax_t)after.pages, folder),
			       "its file system is the page cache itself (tmpfs), or another one that evicts nothing: "
			       "put targets on a disk");
	doctor_say_err(doctor, check, DOCTOR_NO, err,
		       mem_printf("%ju pages of a file in '%s' were cached, and then none", (uintmax_t)after.pages,
				  folder));
	free(path);
}

static void look_drop(struct doctor *doctor, const struct doctor_check *check)
{
	bool may = access("/proc/sys/vm/drop_caches", W_OK) == 0;

	doctor_say(doctor, check, NULL, may ? DOCTOR_YES : DOCTOR_NO,
		   may ? "/proc/sys/vm/drop_caches can be written" : "/proc/sys/vm/drop_caches cannot be written",
		   may ? NULL : "run as root, outside of a container; cold runs without it evict the target's files");
}

static bool needs_always(const struct scenario *s)
{
	return strcmp(s->tool, "null") != 0;
}

static bool needs_eviction(const struct scenario *s)
{
	for (size_t i = 0; i < s->temperature.n; i++)
		if (s->temperature.choices[i] == TEMPERATURE_COLD)
			return needs_always(s);
	return false;
}

static bool needs_drop(const struct scenario *s)
{
	return s->cold_drop_caches;
}

const struct doctor_check doctor_machine[] = {
	{ "measuring", "cold runs", look_eviction, needs_eviction },
	{ "measuring", "drop_caches", look_drop, needs_drop },
	{ "room", "cores", look_cores, needs_always },
	{ "room", "memory", look_memory, needs_always },
	{ "room", "open files", look_files, needs_always },
	{ "room", "processes", look_processes, needs_always },
	{ "room", "disk", look_disk, needs_always },
	{ 0 },
};
