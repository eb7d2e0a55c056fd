/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of interfaces to load events: those of job/scenario/choices.h. */
#include "tool/observe/interface.h"

static const struct interface interfaces[] = { LOAD_INTERFACES(ROW_ACTS) };

const struct interface *interface_of(const struct scenario *scenario)
{
	return &interfaces[scenario->load_events];
}
