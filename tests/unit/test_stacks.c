/* SPDX-License-Identifier: BSD-3-Clause */
/* Merged stacks as text, folded and as JSON against golden files, and JSON that nobody here wrote. */
#include "report/stacks.h"

#include "golden.h"

static void add(struct stacktree *tree, uint32_t rank, const char *const *functions)
{
	struct stack_frame frames[16];
	size_t n = 0;

	while (functions[n])
		n++;
	for (size_t i = 0; i < n; i++)
		frames[n - 1 - i] = (struct stack_frame){
			.function = functions[i][0] == '?' ? NULL : functions[i],
			.library = functions[i][0] == '[' ? NULL : i == n - 1 && n > 2 ? "/lib/libc.so.6" : "/opt/app",
			.value = 0x1230,
		};
	stacktree_add(tree, frames, n, rank);
}

#define STACK(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* Ranks wait but for two, one of which is lost; each second one has a thread more. */
static void make_run(struct run *run)
{
	run_init(run);
	run->id = mem_strdup("made-up");
	run_add_variant(run, "made-up", NULL, false);
	for (uint32_t i = 0; i < 2; i++) {
		struct trial *trial = run_add_trial(run);

		trial->traced = true;
		trial->repetition = i;
		trial->temperature = TEMPERATURE_WARM;
		for (uint32_t rank = 0; rank < 64; rank++) {
			add(&trial->stacks[STACKS_START], rank, STACK("_start", "dl_main", "_dl_debug_state"));
			if (i == 0)
				continue;
			if (rank == 7)
				add(&trial->stacks[STACKS_END], rank, STACK("[lost]", "?"));
			else if (rank == 13)
				add(&trial->stacks[STACKS_END], rank, STACK("_start", "main", "work", "deep", "compute"));
			else
				add(&trial->stacks[STACKS_END], rank, STACK("_start", "main", "work", "wait", "poll"));
			if (rank % 2)
				add(&trial->stacks[STACKS_END], rank, STACK("clone", "helper", "?"));
		}
		add(&trial->stacks[STACKS_END], 3, STACK("_start", "main"));
	}
}

static void as_text(void **state)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	_cleanup_(run_deinit) struct run run;

	(void)state;
	make_run(&run);
	stacks_put(&run, &out);
	assert_golden("stacks.txt", out.text);
}

static void folded(void **state)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	_cleanup_(run_deinit) struct run run;

	(void)state;
	make_run(&run);
	stacks_fold(&run, &out);
	assert_golden("stacks.folded", out.text);
}

static void as_json_and_back(void **state)
{
	_cleanup_strbuf_ struct strbuf before = STRBUF_INIT, after = STRBUF_INIT;
	_cleanup_(run_deinit) struct run run;
	_cleanup_free_ char *text = NULL;
	json_t *json;

	(void)state;
	make_run(&run);
	json = stacks_to_json(&run.trials[1]);
	text = json_dumps(json, JSON_INDENT(1));
	assert_golden("stacks.json", text);
	stacks_put(&run, &before);
	for (size_t i = 0; i < STACKS_N; i++)
		stacktree_deinit(&run.trials[1].stacks[i]);
	assert_ok(stacks_from_json(json, &run.trials[1]));
	json_decref(json);
	stacks_put(&run, &after);
	assert_string_equal(after.text, before.text);
}

static void in_the_record_and_beside_it(void **state)
{
	const char *dir = *state;
	_cleanup_free_ char *path = NULL, *beside = fs_join(dir, "made-up.stacks.folded");
	_cleanup_strbuf_ struct strbuf before = STRBUF_INIT, after = STRBUF_INIT, text = STRBUF_INIT, lines = STRBUF_INIT;
	_cleanup_(run_deinit) struct run run;
	struct run back;

	make_run(&run);
	assert_ok(run_write(&run, dir, &path));
	assert_ok(run_read(path, &back));
	stacks_put(&run, &before);
	stacks_put(&back, &after);
	assert_string_equal(after.text, before.text);
	stacks_fold(&run, &lines);
	assert_ok(fs_read(beside, &text));
	assert_string_equal(text.text, lines.text);
	run_deinit(&back);

	/* None, no file. */
	for (size_t i = 0; i < 2 * STACKS_N; i++)
		stacktree_deinit(&run.trials[i / STACKS_N].stacks[i % STACKS_N]);
	assert_int_equal(unlink(beside), 0);
	assert_ok(run_write(&run, dir, NULL));
	assert_false(fs_exists(beside));
}

static void refuses_other_json(void **state)
{
#define TREE(counts, nodes) "{\"start\": {" counts ", \"nodes\": [" nodes "]}}"
#define GOOD "\"stacks\": 2, \"ranks\": \"0-1\""
	static const struct {
		const char *text, *message; /* NULL: fine */
	} cases[] = {
		{ "null", NULL },
		{ "{}", NULL },
		{ "{\"start\": null}", NULL },
		{ TREE(GOOD, ""), NULL },
		{ TREE(GOOD, "{\"parent\": null, \"function\": \"f\", \"library\": null, " GOOD "}"), NULL },
		{ "3", "stacks: not an object" },
		{ "{\"start\": 3}", "stacks: start: nodes: missing or not an array" },
		{ TREE("\"stacks\": 0, \"ranks\": \"0\"", ""), "stacks: start: stacks: missing or not a positive number" },
		{ TREE("\"stacks\": 1, \"ranks\": \"1-0\"", ""), "stacks: start: '1-0' is no set of ranks" },
		{ TREE("\"stacks\": 1", ""), "stacks: start: ranks: missing or not a string" },
		{ TREE(GOOD, "3"), "stacks: start: nodes[0]: function: missing or not a name" },
		{ TREE(GOOD, "{\"function\": \"f\"}"), "stacks: start: nodes[0]: parent: missing or not a number" },
		{ TREE(GOOD, "{\"function\": \"f\", \"parent\": 0}"),
		  "stacks: start: nodes[0]: parent: no node before this one" },
		{ TREE(GOOD, "{\"function\": \"f\", \"parent\": -1}"),
		  "stacks: start: nodes[0]: parent: no node before this one" },
		{ TREE(GOOD, "{\"function\": \"f\", \"parent\": null, \"stacks\": 3, \"ranks\": \"0\"}"),
		  "stacks: start: nodes[0]: more stacks than its parent has" },
		{ TREE(GOOD, "{\"function\": \"f\", \"parent\": null, " GOOD "},"
			     "{\"function\": \"f\", \"parent\": null, " GOOD "}"),
		  "stacks: start: nodes[1]: the function is in the list already, with the same parent" },
		{ TREE(GOOD, "{\"function\": \"f\", \"parent\": null, " GOOD "},"
			     "{\"function\": \"g\", \"parent\": null, " GOOD "}"),
		  "stacks: start: nodes[1]: more stacks than its parent has" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		json_t *json = json_loads(cases[i].text, JSON_DECODE_ANY, NULL);
		struct trial trial;

		assert_non_null(json);
		trial_init(&trial);
		if (cases[i].message)
			assert_err(stacks_from_json(json, &trial), cases[i].message);
		else
			assert_ok(stacks_from_json(json, &trial));
		trial_deinit(&trial);
		json_decref(json);
	}
}

static void refuses_deeper_trees_than_are_measured(void **state)
{
	json_t *nodes = json_array();
	json_t *json = json_pack("{s:{s:i, s:s, s:o}}", "start", "stacks", 1, "ranks", "0", "nodes", nodes);
	struct trial trial;

	(void)state;
	for (int i = 0; i <= STACK_MAX_FRAMES + 1; i++) {
		if (i == STACK_MAX_FRAMES + 1) {
			trial_init(&trial);
			assert_ok(stacks_from_json(json, &trial));
			trial_deinit(&trial);
		}
		json_array_append_new(nodes, json_pack("{s:s, s:o, s:i, s:s}", "function", "f", "parent",
						       i ? json_integer(i - 1) : json_null(), "stacks", 1, "ranks", "0"));
	}
	trial_init(&trial);
	assert_err_has(stacks_from_json(json, &trial), "deeper than 257 frames");
	trial_deinit(&trial);
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_text),
		cmocka_unit_test(folded),
		cmocka_unit_test(as_json_and_back),
		cmocka_unit_test_setup_teardown(in_the_record_and_beside_it, temp_dir_setup, temp_dir_teardown),
		cmocka_unit_test(refuses_other_json),
		cmocka_unit_test(refuses_deeper_trees_than_are_measured),
	};

	return cmocka_run_group_tests_name("stacks", tests, NULL, NULL);
}
