/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The numbers of the paper's Tables 1, 2 and 4, as printed there. Invariant: nothing here was
 * measured by this kit.
 */
#include "report/paper.h"

#include <stddef.h>
#include <string.h>

#include "lib/cleanup.h"

const char paper_source[] =
	"LLNL's Zeus, 2007 (2.4 GHz Opterons, 495 libraries), not this machine";

static const struct paper_row rows[] = {
	{ "host", "Vanilla", 1.5, 152.8, 2.9, 157.2, 6269.8, 0.47, 3.9, 18.0 },
	{ "linked", "Link", 5.7, 56.4, 269.4, 331.5, 4945.2, 0.25, 3076.5, 19.8 },
	{ "linked+bind_now", "Link+Bind", 285.6, 58.2, 2.8, 346.6, 4945.3, 0.26, 3.9, 17.9 },
};

const struct paper_row *paper_find(const char *variant)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcmp(rows[i].variant, variant) == 0)
			return &rows[i];
	return NULL;
}

const char paper_startup_source[] = "TotalView at LLNL, 2007 (495 libraries, minutes:seconds), not this machine";

const struct paper_startup paper_startups[PAPER_STARTUPS] = {
	{ "TotalView, Pynamic", 32, { { "6:39", "3:21", "10:00" }, { "1:01", "3:10", "4:11" } } },
	{ "TotalView, real code", 32, { { "5:28", "3:35", "9:03" }, { "1:39", "3:34", "5:13" } } },
};
