/* SPDX-License-Identifier: BSD-3-Clause */
/* Ctrl-C and its like as a flag that whoever waits looks at. */
#ifndef CMD_INTERRUPT_H
#define CMD_INTERRUPT_H

#include <stdbool.h>

/* From now on SIGINT, SIGTERM and SIGHUP set the flag and end nothing; SIGPIPE is ignored. */
const volatile bool *interrupt_catch(void);

#endif
