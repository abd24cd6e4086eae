/* SPDX-License-Identifier: Apache-2.0 */
/* erl_int_sizes_config.h -- for code that includes it by itself: sizes of C's types in a mote. */
#define SIZEOF_CHAR      1
#define SIZEOF_SHORT     2
#define SIZEOF_INT       4
#define SIZEOF_LONG      8
#define SIZEOF_LONG_LONG 8
#define SIZEOF_VOID_P    8
