/* SPDX-License-Identifier: BSD-3-Clause */
/* Run records from anywhere: refused, or a record that the table can show. */
#include <stdint.h>

#include "report/record/record.h"
#include "report/stacks.h"
#include "report/table/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_strbuf_ struct strbuf table = STRBUF_INIT, folded = STRBUF_INIT;
	struct run run;
	struct err *err = run_parse("fuzz.json", (const char *)data, size, &run);

	if (err) {
		err_free(err);
		return 0;
	}
	table_format(&run, &table);
	stacks_put(&run, &table);
	stacks_fold(&run, &folded);
	run_deinit(&run);
	return 0;
}
