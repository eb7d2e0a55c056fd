/* SPDX-License-Identifier: BSD-3-Clause */
/* What the loader's file and its audit library tell: SystemTap notes, audit records, code. */
#include <stddef.h>
#include <stdint.h>

#include "elf/stapnote.h"
#include "ld/auditlog.h"
#include "ld/hooksites.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ignore(void *data, const struct audit_event *event)
{
	(void)data;
	(void)event;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stapnotes notes = { 0 };
	struct hooksites sites = { 0 };
	struct auditlog log = { 0 };

	err_free(stapnotes_parse(data, size, 0x1000, &notes));
	stapnotes_deinit(&notes);
	hooksites_find(data, size, 0, size / 2, &sites);
	hooksites_deinit(&sites);
	err_free(auditlog_feed(&log, data, size, ignore, NULL));
	auditlog_deinit(&log);
	return 0;
}
