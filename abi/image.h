/* SPDX-License-Identifier: Apache-2.0 */
/* image.h -- the one file that `mote build` makes: bytes shared by builder and readers.
 *
 * An x86-64 ELF executable, little endian.  From front to back:
 *
 *   the runtime           ELF header, program headers and segments, as it was linked
 *   .symtab .strtab       of the runtime, for backtraces
 *   .shstrtab             names of sections
 *   section headers       of the runtime and of the parts below
 *   .mote.manifest        text: what the image is and how to start it
 *   .mote.archive         abi/archive.h; begins on a page, so that it can be mapped
 *   .mote.snapshot        abi/snapshot.h; begins on a page; images may have none
 *   .mote.check           struct image_check, the last bytes of the file
 *
 * Every byte of the file, paddings included, is under the sums of the check.
 */
#ifndef ABI_IMAGE_H
#define ABI_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#define IMAGE_VERSION 1u /* the manifest's first line is "mote-image 1" */

#define IMAGE_MANIFEST ".mote.manifest"
#define IMAGE_ARCHIVE  ".mote.archive"
#define IMAGE_SNAPSHOT ".mote.snapshot"
#define IMAGE_CHECK    ".mote.check"

#define IMAGE_CHECK_MAGIC 0x314b484345544f4dull /* the bytes "MOTECHK1" */

struct image_check {
    uint64_t magic;
    uint64_t bytes;     /* of the whole file */
    uint8_t sha256[32]; /* of all that stands before this field */
    uint64_t sum;       /* hash_fast() (base/hash.h) of all that stands before this field */
};

_Static_assert(sizeof(struct image_check) == 56, "the end of every image");
_Static_assert(offsetof(struct image_check, sum) == 48, "the sum covers all but itself");

/* The manifest is lines of "key value\n".  In values "\n" stands for a line feed and "\\"
 * for a backslash.  Lines that repeat (application, argument) keep their order.
 *
 *   KEY(name, text, value) */
#define IMAGE_KEYS(KEY)                                                                            \
    KEY(IMAGE, "mote-image", "the version of the format; always the first line")                   \
    KEY(MOTE, "mote-version", "what built the image")                                              \
    KEY(OTP, "otp-release", "the OTP release that its libraries come from")                        \
    KEY(MAIN, "main", "Module:Function that is called after the boot")                             \
    KEY(START, "start", "application that is started, and its restart type")                       \
    KEY(APPLICATION, "application", "name and version of an application in the archive")           \
    KEY(NIF, "nif", "library of native code that is linked in, and how many files made it")        \
    KEY(RUNNING, "running-mote", "the running mote that the snapshot is of, and when it was made") \
    KEY(NODE, "node", "the name that the running mote had as a node")                              \
    KEY(COOKIE, "cookie", "the cookie of that node")                                               \
    KEY(MEMORY, "memory-bytes", "size of the guest's heap unless the user says otherwise")         \
    KEY(NETWORK, "network", "none: it needs no interface; any: it needs one")                      \
    KEY(MOUNT, "mount", "folder that the user has to give; :ro where reading is enough")           \
    KEY(ARGUMENT, "argument", "one argument of the emulator, before those of the user")

enum image_key {
#define KEY(name, text, value) IMAGE_KEY_##name,
    IMAGE_KEYS(KEY)
#undef KEY
        IMAGE_KEYS_END
};

#endif
