/* SPDX-License-Identifier: Apache-2.0 */
/* image_read.h -- finds the parts of an image file (abi/image.h) in bytes that nobody has checked.
 *
 * image_read() looks at structure only and never leaves the bytes; image_sum_is_good() tells
 * whether a byte has changed since the image was built.  Nothing is allocated; the parts
 * point into the bytes that were given, which stay the caller's.
 */
#ifndef CLI_IMAGE_READ_H
#define CLI_IMAGE_READ_H

#include <elf.h>

#include "abi/image.h"
#include "base/archive.h"
#include "base/bytes.h"

struct image {
    struct bytes whole;
    struct bytes runtime; /* from the first byte to the end of the section headers: an ELF */
    struct bytes manifest;
    struct bytes archive_bytes;
    uint64_t archive_at;                  /* offset in the file; a multiple of the page size */
    uint64_t snapshot_at, snapshot_bytes; /* the same; 0: it has none */
    struct image_check check;
};

/* Returns NULL and fills in *out, or returns what is wrong (static storage).  The archive
 * is found, but its inside is not checked: archive_check() does that. */
const char *image_read(struct bytes whole, struct image *out);

/* Reads every byte once, about as fast as memory. */
bool image_sum_is_good(const struct image *image);

/* Reads every byte once, slowly: true when nobody without a second preimage changed any. */
bool image_sha256_is_good(const struct image *image);

/* --- ELF --------------------------------------------------------------------------- */

/* An ELF file whose headers are in bounds.  Tables may lie unaligned: use elf_section(). */
struct elf {
    struct bytes whole;
    Elf64_Ehdr header;
    struct bytes names; /* contents of the section that holds names */
};

/* NULL, or what is wrong.  Accepts 64-bit little-endian x86-64 executables only. */
const char *elf_read(struct bytes whole, struct elf *out);

/* Section `i`, and its contents (empty for one without any); NULL, or what is wrong. */
const char *elf_section(const struct elf *e, unsigned i, Elf64_Shdr *header, struct bytes *content);

/* The section's name, zero-terminated inside the file, or "". */
const char *elf_section_name(const struct elf *e, const Elf64_Shdr *header);

/* Program header `i`, checked against the file; NULL, or what is wrong. */
const char *elf_segment(const struct elf *e, unsigned i, Elf64_Phdr *header);

/* --- manifest ---------------------------------------------------------------------- */

struct manifest_line {
    int key;                  /* enum image_key, or -1 for a key that this version does not know */
    struct bytes name, value; /* the value still has its escapes */
};

/* Takes one line off the front of *rest; false at the end. */
bool manifest_next(struct bytes *rest, struct manifest_line *line);

/* Every line well-formed and the first one of our version: NULL, or what is wrong. */
const char *manifest_check(struct bytes manifest);

/* The words that stand in a manifest, indexed by enum image_key. */
extern const char *const image_key_text[IMAGE_KEYS_END];

#endif
