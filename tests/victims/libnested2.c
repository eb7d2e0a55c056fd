/* SPDX-License-Identifier: BSD-3-Clause */
/* As libnested.c, one deeper: it loads libvictim.so. */
#define INNER "libvictim.so"
#include "libnested.c"
