/* SPDX-License-Identifier: BSD-3-Clause */
/* Host facts: all keys are there, whatever the machine has; a launcher that is missing is null. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "job/hostfacts.h"
#include "lib/fs.h"

static const char *const keys[] = {
	"hostname", "kernel", "machine", "cpu_model", "cpus", "memory_bytes", "virtualised", "clocksource", "glibc",
	"loader", "launcher", "launcher_version", "aslr_sysctl", "yama_ptrace_scope", "load_1min", "load_5min",
	"load_15min",
};

static void test_keys(void **state)
{
	json_t *facts = hostfacts_read(NULL);
	char host[65] = "";

	(void)state;
	assert_int_equal(json_object_size(facts), ARRAY_SIZE(keys));
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		assert_non_null(json_object_get(facts, keys[i]));
	gethostname(host, sizeof(host) - 1);
	assert_string_equal(json_string_value(json_object_get(facts, "hostname")), host);
	assert_true(json_integer_value(json_object_get(facts, "cpus")) > 0);
	assert_true(json_integer_value(json_object_get(facts, "memory_bytes")) > 1 << 20);
	assert_true(json_is_null(json_object_get(facts, "launcher")));
	assert_true(json_is_null(json_object_get(facts, "launcher_version")));
	assert_true(fs_exists(json_string_value(json_object_get(facts, "loader"))));
	json_decref(facts);
}

static void test_launcher(void **state)
{
	char dir[] = "/tmp/test-hostfacts.XXXXXX";
	static const char script[] = "#!/bin/sh\necho \"some mpirun ($1) 1.2\"\necho more\n";
	_cleanup_free_ char *path = NULL;
	json_t *facts;

	(void)state;
	assert_non_null(mkdtemp(dir));
	path = fs_join(dir, "launcher");
	facts = hostfacts_read(path);
	assert_string_equal(json_string_value(json_object_get(facts, "launcher")), path);
	assert_true(json_is_null(json_object_get(facts, "launcher_version")));
	json_decref(facts);
	assert_null(fs_publish(path, script, strlen(script)));
	assert_int_equal(chmod(path, 0755), 0);
	facts = hostfacts_read(path);
	assert_string_equal(json_string_value(json_object_get(facts, "launcher_version")),
			    "some mpirun (--version) 1.2");
	json_decref(facts);
	assert_null(fs_remove_tree(dir));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_launcher),
	};

	return cmocka_run_group_tests_name("hostfacts", tests, NULL, NULL);
}
