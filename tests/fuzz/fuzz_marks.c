/* SPDX-License-Identifier: BSD-3-Clause */
/* Phase marks and shim messages: bytes that other processes wrote. */
#include <stddef.h>
#include <stdint.h>

#include "job/marks.h"
#include "job/rendezvous.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct trial_task task = { .rank = 1, .pid = 101, .report = { -1, -1, -1 } };
	struct trial trial;
	struct shim_message message;

	trial_init(&trial);
	marks_parse((const char *)data, size, &trial, &task);
	trial_deinit(&trial);
	if (shim_message_parse((const char *)data, size, &message) && message.failed)
		err_free(shim_message_err(&message));
	return 0;
}
