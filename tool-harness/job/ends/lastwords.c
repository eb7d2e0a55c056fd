/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The tasks' last words. Does not judge them.
 */
#include "job/ends/lastwords.h"

#include <ctype.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fs.h"
#include "lib/mem.h"

#define TAIL_BYTES 65536
#define WORDS_BYTES 400
#define WORDS_LINES 4

char *file_tail(const char *path, size_t max_lines)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text = mem_alloc(TAIL_BYTES + 1);
	off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
	ssize_t n = fd < 0 ? 0 : pread(fd, text, TAIL_BYTES, size > TAIL_BYTES ? size - TAIL_BYTES : 0);
	char *start;

	if (n < 0)
		n = 0;
	while (n > 0 && isspace((unsigned char)text[n - 1]))
		n--;
	text[n] = '\0';
	for (start = text + n; start > text; start--)
		if (start[-1] == '\n' && !--max_lines)
			break;
	memmove(text, start, text + n + 1 - start);
	return text;
}

char *errors_path(const struct job *job, int rank)
{
	_cleanup_free_ char *name = mem_printf(ERRORS_NAME ".%d.txt", rank);

	return job->dir ? fs_join(job->dir, name) : NULL;
}

/* Lines as one, of at most WORDS_BYTES from the end. */
static char *joined(const char *text)
{
	_cleanup_strbuf_ struct strbuf words = STRBUF_INIT;
	size_t len = strlen(text);
	bool gap = false;

	if (len > WORDS_BYTES)
		text += len - WORDS_BYTES;
	while (((unsigned char)*text & 0xc0) == 0x80) /* not within a character */
		text++;
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '\n' || c == '\r') {
			gap = words.len > 0;
			continue;
		}
		if (gap)
			strbuf_puts(&words, " | ");
		gap = false;
		strbuf_putc(&words, c < 0x20 || c == 0x7f ? '?' : (char)c);
	}
	return strbuf_steal(&words);
}

char *lastwords_read(const struct job *job, const struct job_task *task)
{
	_cleanup_free_ char *path = task ? errors_path(job, task->rank) : NULL, *tail = NULL;

	if (!job->output_path)
		return NULL;
	tail = file_tail(path && fs_exists(path) ? path : job->output_path, WORDS_LINES);
	return joined(tail);
}

void lastwords_tidy(const struct job *job)
{
	for (size_t i = 0; job->output_path && i < job->n_tasks; i++) {
		_cleanup_free_ char *path = errors_path(job, job->tasks[i].rank);
		struct stat st;

		if (!stat(path, &st) && !st.st_size)
			unlink(path);
	}
}
