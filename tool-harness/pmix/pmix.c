/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * attachstorm-pmix PID: asks a launcher that serves PMIx tools (PRRTE's prterun and prte) for the
 * tasks of its job, and prints a line for each: namespace, rank, host, pid and executable, tabs between
 * them. It changes nothing in the job. Its reader is job/acquire/pmix.c.
 *
 * A program of its own, since libpmix starts threads, opens connections and has handlers for the
 * process it is in, and a tracer wants none of these while it waits for all of its children. Never to be used with
 * the mpirun of Open MPI up to 4, which a PMIx tool of version 5 crashes: whoever calls it asks
 * first which program the launcher is.
 *
 * Status 0: all was printed; 1: it cannot be asked, with the reason on standard error.
 * Source: PMIx 5.0, chapter 17 (tools) and section 7.1 (query keys); pmix_tool.h of OpenPMIx.
 */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <pmix_tool.h>

#define LIMIT_S 20 /* the harness waits longer */

/* A query under way: the library's thread answers. */
struct question {
	pthread_mutex_t lock;
	pthread_cond_t answered;
	bool done;
	pmix_status_t status;
	pmix_info_t *info; /* copies */
	size_t n_info;
};

static void question_answer(pmix_status_t status, pmix_info_t *info, size_t n_info, void *data,
			    pmix_release_cbfunc_t release, void *release_data)
{
	struct question *question = data;

	pthread_mutex_lock(&question->lock);
	question->status = status;
	if (n_info) {
		PMIX_INFO_CREATE(question->info, n_info);
		question->n_info = n_info;
		for (size_t i = 0; i < n_info; i++)
			PMIX_INFO_XFER(&question->info[i], &info[i]);
	}
	question->done = true;
	pthread_cond_signal(&question->answered);
	pthread_mutex_unlock(&question->lock);
	if (release)
		release(release_data);
}

/* Asks one thing and waits for the answer; its values are question's. */
static pmix_status_t ask(pmix_query_t *query, struct question *question)
{
	pmix_status_t status;
	struct timespec until;

	*question = (struct question){ .lock = PTHREAD_MUTEX_INITIALIZER, .answered = PTHREAD_COND_INITIALIZER };
	status = PMIx_Query_info_nb(query, 1, question_answer, question);
	if (status != PMIX_SUCCESS)
		return status;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += LIMIT_S;
	pthread_mutex_lock(&question->lock);
	while (!question->done && pthread_cond_timedwait(&question->answered, &question->lock, &until) != ETIMEDOUT)
		;
	status = question->done ? question->status : PMIX_ERR_TIMEOUT;
	pthread_mutex_unlock(&question->lock);
	return status;
}

static int cannot(const char *what, pmix_status_t status)
{
	fprintf(stderr, "%s: %s\n", what, PMIx_Error_string(status));
	return 1;
}

/* The names of the launcher's jobs, with commas between them; heap. */
static int namespaces_ask(char **ret)
{
	struct question question;
	pmix_query_t query;
	pmix_status_t status;

	PMIX_QUERY_CONSTRUCT(&query);
	PMIX_ARGV_APPEND(status, query.keys, PMIX_QUERY_NAMESPACES);
	if (status == PMIX_SUCCESS)
		status = ask(&query, &question);
	if (status != PMIX_SUCCESS)
		return cannot("the launcher does not tell its jobs", status);
	for (size_t i = 0; i < question.n_info; i++) {
		if (question.info[i].value.type != PMIX_STRING || !question.info[i].value.data.string)
			continue;
		*ret = strdup(question.info[i].value.data.string);
		return *ret ? 0 : 1;
	}
	*ret = strdup("");
	return *ret ? 0 : 1;
}

/* A name that would break the line is nobody's. */
static bool is_plain(const char *text)
{
	return text && *text && !strpbrk(text, "\t\n");
}

static int table_print(const char *space, const pmix_proc_info_t *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *exe = rows[i].executable_name ? rows[i].executable_name : "";
		unsigned int rank = rows[i].proc.rank;

		if (rank > INT_MAX || rows[i].pid <= 0)
			continue; /* not started yet, or ended */
		if (!is_plain(rows[i].hostname) || (exe[0] && !is_plain(exe))) {
			fprintf(stderr, "rank %u of '%s' has a name that cannot be told\n", rank, space);
			return 1;
		}
		printf("%s\t%u\t%s\t%ld\t%s\n", space, rank, rows[i].hostname, (long)rows[i].pid, exe);
	}
	return 0;
}

/* The tasks of one job. That of the launcher's own daemons has none to tell. */
static int table_ask(const char *space)
{
	struct question question;
	pmix_query_t query;
	pmix_status_t status;
	int failed = 0;

	PMIX_QUERY_CONSTRUCT(&query);
	PMIX_ARGV_APPEND(status, query.keys, PMIX_QUERY_PROC_TABLE);
	if (status != PMIX_SUCCESS)
		return cannot("no question can be made", status);
	query.nqual = 1;
	PMIX_INFO_CREATE(query.qualifiers, query.nqual);
	PMIX_INFO_LOAD(&query.qualifiers[0], PMIX_NSPACE, space, PMIX_STRING);
	status = ask(&query, &question);
	if (status == PMIX_ERR_NOT_FOUND)
		return 0; /* it has ended since */
	if (status != PMIX_SUCCESS)
		return cannot("the launcher does not tell the tasks of its job", status);
	for (size_t i = 0; !failed && i < question.n_info; i++) {
		const pmix_value_t *value = &question.info[i].value;

		if (value->type == PMIX_DATA_ARRAY && value->data.darray && value->data.darray->type == PMIX_PROC_INFO)
			failed = table_print(space, value->data.darray->array, value->data.darray->size);
	}
	return failed;
}

int main(int argc, char **argv)
{
	pmix_proc_t self;
	pmix_info_t info;
	pmix_status_t status;
	char *end = NULL, *spaces = NULL, *rest = NULL;
	long pid = argc == 2 ? strtol(argv[1], &end, 10) : 0;
	pid_t server = (pid_t)pid;
	int failed;

	if (pid < 1 || pid > INT_MAX || *end) {
		fprintf(stderr, "usage: attachstorm-pmix PID\n");
		return 2;
	}
	PMIX_INFO_LOAD(&info, PMIX_SERVER_PIDINFO, &server, PMIX_PID);
	status = PMIx_tool_init(&self, &info, 1);
	if (status != PMIX_SUCCESS)
		return cannot("the launcher takes no PMIx tool", status);
	failed = namespaces_ask(&spaces);
	for (char *space = failed ? NULL : strtok_r(spaces, ",", &rest); space && !failed;
	     space = strtok_r(NULL, ",", &rest))
		failed = table_ask(space);
	if (!failed && fflush(stdout))
		failed = cannot("its answer cannot be written", PMIX_ERROR);
	PMIx_tool_finalize();
	free(spaces);
	return failed;
}
