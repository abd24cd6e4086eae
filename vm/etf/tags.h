/* SPDX-License-Identifier: Apache-2.0 */
/* tags.h -- the first byte of each kind of external term; see "External Term Format" in the ERTS manual. */
#ifndef VM_ETF_TAGS_H
#define VM_ETF_TAGS_H

enum etf_tag {
    TAG_RECORD = 67, /* native record: OTP 29 */
    TAG_NEW_FLOAT = 70,
    TAG_BIT_BINARY = 77,
    TAG_COMPRESSED = 80,
    TAG_ATOM_NUMBER = 82, /* ATOM_CACHE_REF */
    TAG_NEW_PID = 88,
    TAG_NEW_PORT = 89,
    TAG_NEWER_REFERENCE = 90,
    TAG_SMALL_INTEGER = 97,
    TAG_INTEGER = 98,
    TAG_FLOAT_TEXT = 99, /* FLOAT_EXT */
    TAG_ATOM_LATIN1 = 100,
    TAG_REFERENCE = 101,
    TAG_OLD_PORT = 102,
    TAG_OLD_PID = 103,
    TAG_SMALL_TUPLE = 104,
    TAG_LARGE_TUPLE = 105,
    TAG_NIL_LIST = 106,
    TAG_STRING = 107,
    TAG_LIST = 108,
    TAG_BINARY = 109,
    TAG_SMALL_BIG = 110,
    TAG_LARGE_BIG = 111,
    TAG_NEW_FUN = 112,
    TAG_EXPORT = 113,
    TAG_NEW_REFERENCE = 114,
    TAG_SMALL_ATOM_LATIN1 = 115,
    TAG_MAP = 116,
    TAG_ATOM_UTF8 = 118,
    TAG_SMALL_ATOM_UTF8 = 119,
    TAG_V4_PORT = 120,
    TAG_LOCAL = 121 /* behind the version: a check, and a term for this machine alone */
};

#define FLOAT_TEXT_BYTES 31

#endif
