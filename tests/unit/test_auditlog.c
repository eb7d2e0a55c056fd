/* SPDX-License-Identifier: BSD-3-Clause */
/* Records of an audit library turned into events: sequences as glibc has them, and damage. */
#include "audit/ring.h"
#include "ld/auditlog.h"
#include "unit.h"

#include <sys/mman.h>
#include <fcntl.h>

struct heard {
	struct auditlog log;
	char text[1024]; /* "add consistent+a.so delete consistent-a.so" */
};

static void hear(void *data, const struct audit_event *event)
{
	struct heard *heard = data;
	size_t len = strlen(heard->text);

	len += (size_t)snprintf(heard->text + len, sizeof(heard->text) - len, "%s%s", len ? " " : "",
				event_class_names[event->class]);
	for (size_t i = 0; i < event->n_added; i++)
		len += (size_t)snprintf(heard->text + len, sizeof(heard->text) - len, "+%s", event->added[i]);
	for (size_t i = 0; i < event->n_removed; i++)
		len += (size_t)snprintf(heard->text + len, sizeof(heard->text) - len, "-%s", event->removed[i]);
}

static size_t put(unsigned char *at, enum audit_kind kind, uint64_t cookie, int lmid, const char *name)
{
	struct audit_record record = { .kind = (uint16_t)kind, .cookie = cookie, .lmid = lmid, .tid = 7, .ns = 1000,
				       .name_bytes = (uint16_t)strlen(name) };

	record.bytes = (uint32_t)(sizeof(record) + record.name_bytes + 7) & ~7u;
	memcpy(at, &record, sizeof(record));
	memcpy(at + sizeof(record), name, record.name_bytes);
	return record.bytes;
}

struct step {
	enum audit_kind kind;
	uint64_t cookie;
	int lmid;
	const char *name;
};

static struct err *feed(struct heard *heard, const struct step *steps, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char bytes[256];
		size_t len = put(bytes, steps[i].kind, steps[i].cookie, steps[i].lmid,
				 steps[i].name ? steps[i].name : "");
		struct err *err = auditlog_feed(&heard->log, bytes, len, hear, heard);

		if (err)
			return err;
	}
	return NULL;
}

#define FEED(heard, ...) \
	assert_ok(feed(heard, (const struct step[]){ __VA_ARGS__ }, \
		       sizeof((const struct step[]){ __VA_ARGS__ }) / sizeof(struct step)))

static int setup(void **state)
{
	struct heard *heard = mem_alloc(sizeof(*heard));

	*state = heard;
	FEED(heard, { .kind = AUDIT_START }, { .kind = AUDIT_OPEN, .cookie = 1, .name = "" },
	     { .kind = AUDIT_ADD, .cookie = 1 }, { .kind = AUDIT_OPEN, .cookie = 2, .name = "libc" },
	     { .kind = AUDIT_CONSISTENT, .cookie = 1 });
	assert_string_equal(heard->text, "add consistent++libc");
	heard->text[0] = '\0';
	return 0;
}

static int teardown(void **state)
{
	struct heard *heard = *state;

	auditlog_deinit(&heard->log);
	free(heard);
	return 0;
}

static void loads_and_unloads(void **state)
{
	struct heard *heard = *state;

	FEED(heard, { .kind = AUDIT_ADD, .cookie = 1 }, { .kind = AUDIT_OPEN, .cookie = 3, .name = "a" },
	     { .kind = AUDIT_OPEN, .cookie = 4, .name = "b" }, { .kind = AUDIT_CONSISTENT, .cookie = 1 },
	     { .kind = AUDIT_CONSISTENT, .cookie = 1 }, /* what was there already: a null event */
	     { .kind = AUDIT_CLOSE, .cookie = 4 }, { .kind = AUDIT_DELETE, .cookie = 1 },
	     { .kind = AUDIT_CONSISTENT, .cookie = 1 });
	assert_string_equal(heard->text, "add consistent+a+b null delete consistent-b");
}

/* dlmopen, and a dlclose that empties the namespace: no consistent state is told of it. */
static void a_namespace_that_empties_is_consistent(void **state)
{
	struct heard *heard = *state;

	FEED(heard, { .kind = AUDIT_OPEN, .cookie = 9, .lmid = 1, .name = "a" }, { .kind = AUDIT_ADD, .cookie = 9 },
	     { .kind = AUDIT_CONSISTENT, .cookie = 9 }, { .kind = AUDIT_CLOSE, .cookie = 9 },
	     { .kind = AUDIT_DELETE, .cookie = 9 }, { .kind = AUDIT_ADD, .cookie = 1 });
	assert_string_equal(heard->text, "add consistent+a delete consistent-a add");
}

/* glibc 2.41 announces a deletion before it closes; dlclose is as the end of the process but for its program. */
static void deletions_of_both_orders(void **state)
{
	struct heard *heard = *state;

	FEED(heard, { .kind = AUDIT_ADD, .cookie = 1 }, { .kind = AUDIT_OPEN, .cookie = 3, .name = "a" },
	     { .kind = AUDIT_CONSISTENT, .cookie = 1 }, { .kind = AUDIT_DELETE, .cookie = 1 },
	     { .kind = AUDIT_CLOSE, .cookie = 3 }, { .kind = AUDIT_CONSISTENT, .cookie = 1 },
	     { .kind = AUDIT_ADD, .cookie = 1 }, { .kind = AUDIT_OPEN, .cookie = 4, .name = "b" },
	     { .kind = AUDIT_CONSISTENT, .cookie = 1 });
	assert_string_equal(heard->text, "add consistent+a delete consistent-a add consistent+b");
}

/* A destructor loads while its library goes: the debugger's list still has what is being closed. */
static void a_load_inside_of_a_deletion(void **state)
{
	struct heard *heard = *state;

	FEED(heard, { .kind = AUDIT_OPEN, .cookie = 3, .name = "a" }, { .kind = AUDIT_OPEN, .cookie = 4, .name = "b" },
	     { .kind = AUDIT_CONSISTENT, .cookie = 1 });
	heard->text[0] = '\0';
	FEED(heard, { .kind = AUDIT_DELETE, .cookie = 1 }, { .kind = AUDIT_CLOSE, .cookie = 3 },
	     { .kind = AUDIT_ADD, .cookie = 1 }, { .kind = AUDIT_OPEN, .cookie = 5, .name = "c" },
	     { .kind = AUDIT_CONSISTENT, .cookie = 1 }, { .kind = AUDIT_CLOSE, .cookie = 4 },
	     { .kind = AUDIT_CONSISTENT, .cookie = 1 });
	assert_string_equal(heard->text, "add consistent+c delete consistent-a-b");
}

/* As glibc 2.41 tells it: nothing follows, so the next record says that it is over, or the end of the log. */
static void an_emptied_namespace_without_a_word(void **state)
{
	struct heard *heard = *state;

	FEED(heard, { .kind = AUDIT_ADD, .cookie = 9 }, { .kind = AUDIT_OPEN, .cookie = 9, .lmid = 2, .name = "a" },
	     { .kind = AUDIT_CONSISTENT, .cookie = 9 }, { .kind = AUDIT_DELETE, .cookie = 9 },
	     { .kind = AUDIT_CLOSE, .cookie = 9 });
	assert_string_equal(heard->text, "add consistent+a");
	FEED(heard, { .kind = AUDIT_ADD, .cookie = 1 });
	assert_string_equal(heard->text, "add consistent+a delete consistent-a add");
	FEED(heard, { .kind = AUDIT_OPEN, .cookie = 9, .lmid = 2, .name = "b" },
	     { .kind = AUDIT_CONSISTENT, .cookie = 9 }, { .kind = AUDIT_DELETE, .cookie = 9 }, { .kind = AUDIT_CLOSE, .cookie = 9 });
	heard->text[0] = '\0';
	auditlog_end(&heard->log, hear, heard);
	assert_string_equal(heard->text, "delete consistent-b");
	auditlog_end(&heard->log, hear, heard);
	assert_string_equal(heard->text, "delete consistent-b");
}

/* A namespace that is there until the end is closed before the program's own; no debugger is told. */
static void the_end_of_a_namespace_is_no_event(void **state)
{
	struct heard *heard = *state;

	FEED(heard, { .kind = AUDIT_ADD, .cookie = 9 }, { .kind = AUDIT_OPEN, .cookie = 9, .lmid = 2, .name = "a" },
	     { .kind = AUDIT_CONSISTENT, .cookie = 9 });
	heard->text[0] = '\0';
	FEED(heard, { .kind = AUDIT_DELETE, .cookie = 9 }, { .kind = AUDIT_CLOSE, .cookie = 9 },
	     { .kind = AUDIT_CONSISTENT, .cookie = 9 }, { .kind = AUDIT_DELETE, .cookie = 1 },
	     { .kind = AUDIT_CLOSE, .cookie = 1 }, { .kind = AUDIT_CLOSE, .cookie = 2 },
	     { .kind = AUDIT_CONSISTENT, .cookie = 1 });
	assert_string_equal(heard->text, "");
}

/* Destructors at the end load and unload what is new: nobody has stopped listening. */
static void loads_at_the_end_are_events(void **state)
{
	struct heard *heard = *state;

	FEED(heard, { .kind = AUDIT_DELETE, .cookie = 1 }, { .kind = AUDIT_ADD, .cookie = 1 },
	     { .kind = AUDIT_OPEN, .cookie = 6, .name = "early" }, { .kind = AUDIT_CONSISTENT, .cookie = 1 },
	     { .kind = AUDIT_CLOSE, .cookie = 1 }, { .kind = AUDIT_ADD, .cookie = 2 },
	     { .kind = AUDIT_OPEN, .cookie = 7, .name = "late" }, { .kind = AUDIT_CONSISTENT, .cookie = 2 },
	     { .kind = AUDIT_DELETE, .cookie = 2 }, { .kind = AUDIT_CLOSE, .cookie = 7 },
	     { .kind = AUDIT_CONSISTENT, .cookie = 2 }, { .kind = AUDIT_CLOSE, .cookie = 2 },
	     { .kind = AUDIT_CONSISTENT, .cookie = 2 });
	assert_string_equal(heard->text, "add consistent+early add consistent+late delete consistent-late");
	assert_int_equal(heard->log.n_taken, 5 + 13);
}

static void the_end_of_the_process_is_no_event(void **state)
{
	struct heard *heard = *state;

	FEED(heard, { .kind = AUDIT_DELETE, .cookie = 1 }, { .kind = AUDIT_CLOSE, .cookie = 1 },
	     { .kind = AUDIT_CLOSE, .cookie = 2 }, { .kind = AUDIT_CONSISTENT, .cookie = 1 });
	assert_string_equal(heard->text, "");
	/* Unless it was an exec: another program begins. */
	FEED(heard, { .kind = AUDIT_START }, { .kind = AUDIT_ADD, .cookie = 1 },
	     { .kind = AUDIT_OPEN, .cookie = 5, .name = "x" }, { .kind = AUDIT_CONSISTENT, .cookie = 1 });
	assert_string_equal(heard->text, "add consistent+x");
	assert_int_equal(heard->log.n_starts, 2);
}

static void damage_is_refused(void **state)
{
	struct heard *heard = *state;
	unsigned char bytes[256];
	size_t len = put(bytes, AUDIT_OPEN, 3, 0, "a long enough name");
	struct audit_record record;

	assert_err_has(auditlog_feed(&heard->log, bytes, len - 8, hear, heard), "is damaged");
	assert_err_has(auditlog_feed(&heard->log, bytes, sizeof(record) - 1, hear, heard), "cut off");
	memcpy(&record, bytes, sizeof(record));
	record.bytes = 0;
	memcpy(bytes, &record, sizeof(record));
	assert_err_has(auditlog_feed(&heard->log, bytes, len, hear, heard), "is damaged");
	record.bytes = (uint32_t)len;
	record.name_bytes = 200;
	memcpy(bytes, &record, sizeof(record));
	assert_err_has(auditlog_feed(&heard->log, bytes, len, hear, heard), "is damaged");
	record.name_bytes = 0;
	record.kind = 99;
	memcpy(bytes, &record, sizeof(record));
	assert_err_has(auditlog_feed(&heard->log, bytes, len, hear, heard), "of kind 99");
	assert_string_equal(heard->text, "");
}

/* The task's end, played by the test: wraps, overflow and a head that lies. */
static void rings_wrap_and_overflow(void **state)
{
	const char *dir = *state;
	_cleanup_free_ char *path = fs_join(dir, AUDIT_FILE_PREFIX "77");
	_cleanup_close_ int fd = -1;
	struct heard heard = { .text = "" };
	struct auditring *ring;
	struct audit_ring *task;
	struct auditring_counts counts;
	unsigned char bytes[64];
	size_t len = put(bytes, AUDIT_CONSISTENT, 1, 0, "");

	assert_ok(auditring_create(dir, 77, &ring));
	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	task = mmap(NULL, AUDIT_FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(task != MAP_FAILED);
	/* One record across the end. */
	task->head = task->tail = AUDIT_RING_BYTES - 16;
	memcpy(task->data + AUDIT_RING_BYTES - 16, bytes, 16);
	memcpy(task->data, bytes + 16, len - 16);
	task->head += len;
	task->dropped = 5;
	task->written = 6;
	assert_ok(auditring_drain(ring, &heard.log, hear, &heard, &counts));
	assert_string_equal(heard.text, "null");
	assert_int_equal(counts.dropped, 5);
	assert_int_equal(counts.written, 6);
	assert_int_equal(heard.log.n_taken, 1);
	assert_int_equal(task->tail, task->head);
	task->head += AUDIT_RING_BYTES + 8;
	assert_err_has(auditring_drain(ring, &heard.log, hear, &heard, &counts), "more than it can hold");
	munmap(task, AUDIT_FILE_BYTES);
	auditring_destroy(ring);
	auditlog_deinit(&heard.log);
	assert_false(fs_exists(path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(loads_and_unloads, setup, teardown),
		cmocka_unit_test_setup_teardown(a_namespace_that_empties_is_consistent, setup, teardown),
		cmocka_unit_test_setup_teardown(deletions_of_both_orders, setup, teardown),
		cmocka_unit_test_setup_teardown(a_load_inside_of_a_deletion, setup, teardown),
		cmocka_unit_test_setup_teardown(an_emptied_namespace_without_a_word, setup, teardown),
		cmocka_unit_test_setup_teardown(the_end_of_a_namespace_is_no_event, setup, teardown),
		cmocka_unit_test_setup_teardown(loads_at_the_end_are_events, setup, teardown),
		cmocka_unit_test_setup_teardown(the_end_of_the_process_is_no_event, setup, teardown),
		cmocka_unit_test_setup_teardown(damage_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(rings_wrap_and_overflow, temp_dir_setup, temp_dir_teardown),
	};

	return cmocka_run_group_tests_name("auditlog", tests, NULL, NULL);
}
