/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint.h -- natives of module mote_main, doc/boot.md; a table of their own, for they are no functions of OTP's. */
#ifndef VM_CHECKPOINT_H
#define VM_CHECKPOINT_H

#include "code/native.h"

extern const struct native_table checkpoint_natives;

#endif
