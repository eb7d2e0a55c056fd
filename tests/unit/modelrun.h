/* SPDX-License-Identifier: BSD-3-Clause */
/* `attachstorm model` as a user types it. */
#ifndef TESTS_MODELRUN_H
#define TESTS_MODELRUN_H

#include <unistd.h>

#include "cmd/cmd.h"
#include "lib/strbuf.h"
#include "unit.h"

/* Runs the command with its standard output in a file, and reads that. `words` ends with NULL. */
static inline struct err *run_model(const char *const *words, struct strbuf *out)
{
	char *argv[16] = { (char *)"attachstorm model" };
	char path[] = "/tmp/test_model.XXXXXX";
	int argc = 1, status = -1, fd = mkstemp(path), saved = dup(STDOUT_FILENO);
	struct err *err;

	assert_true(fd >= 0 && saved >= 0);
	for (; words[argc - 1]; argc++)
		argv[argc] = (char *)words[argc - 1];
	fflush(stdout);
	dup2(fd, STDOUT_FILENO);
	err = cmd_model(argc, argv, &status);
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(fd);
	assert_ok(fs_read(path, out));
	unlink(path);
	assert_int_equal(status, err ? -1 : EXIT_OK);
	return err;
}

/* A usage error that has this text in it, and nothing on standard output. */
static inline void assert_model_refuses(const char *const *words, const char *said)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	_cleanup_err_ struct err *err = run_model(words, &out);

	assert_non_null(err);
	if (!strstr(err_message(err), said))
		fail_msg("'%s' is not in '%s'", said, err_message(err));
	assert_int_equal(err_status(err), EXIT_USAGE);
	assert_string_equal(out.text, "");
}

#endif
