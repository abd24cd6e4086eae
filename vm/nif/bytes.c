/* SPDX-License-Identifier: Apache-2.0 */
/* bytes.c -- erl_nif.h: binaries, and terms as bytes.
 *
 * ErlNifBinary.ref_bin is the struct blob that a NIF owns one reference of, NULL when the bytes are a
 * binary term's own.
 */
#include "nif/nif.h"
#include "binary/binary.h"
#include "etf/etf.h"
#include "heap/arena.h"

static uint8_t nothing[1]; /* where empty binaries are */

static int show(ErlNifBinary *to, const uint8_t *bytes, size_t n)
{
    *to = (ErlNifBinary){.size = n, .data = n ? (uint8_t *)(uintptr_t)bytes : nothing};
    return 1;
}

int enif_inspect_binary(ErlNifEnv *env, ERL_NIF_TERM t, ErlNifBinary *to)
{
    if (!is_binary(of_nif(t))) return 0;
    struct bits b = binary_bits(of_nif(t));
    if (bits_aligned(b)) return show(to, bits_pointer(b), b.size / 8);
    uint8_t *copy = env_block(env, b.size / 8 + 1);
    bits_copy(copy, 0, b.base, b.offset, b.size);
    return show(to, copy, b.size / 8);
}

int enif_inspect_iolist_as_binary(ErlNifEnv *env, ERL_NIF_TERM t, ErlNifBinary *to)
{
    size_t n;
    if (is_binary(of_nif(t))) return enif_inspect_binary(env, t, to);
    if (!is_list(of_nif(t)) || iodata_size(of_nif(t), &n) != IODATA_OK) return 0;
    uint8_t *copy = env_block(env, n + 1);
    if (iodata_copy(of_nif(t), copy) != IODATA_OK) nif_no_memory();
    return show(to, copy, n);
}

int enif_alloc_binary(size_t size, ErlNifBinary *to)
{
    struct blob *b = blob_make(size);
    if (!b) return 0;
    *to = (ErlNifBinary){.size = size, .data = b->data, .ref_bin = b};
    return 1;
}

int enif_realloc_binary(ErlNifBinary *bin, size_t size)
{
    if (!bin->ref_bin) {
        ErlNifBinary copy;
        if (!enif_alloc_binary(size, &copy)) return 0;
        memcpy(copy.data, bin->data, size < bin->size ? size : bin->size);
        *bin = copy;
        return 1;
    }
    struct blob *b = blob_grow(bin->ref_bin, size);
    if (!b) return 0;
    b->bytes = size;
    bin->ref_bin = b;
    bin->data = b->data;
    bin->size = size;
    return 1;
}

void enif_release_binary(ErlNifBinary *bin)
{
    if (bin->ref_bin) blob_drop(bin->ref_bin);
    bin->ref_bin = NULL;
}

ERL_NIF_TERM enif_make_binary(ErlNifEnv *env, ErlNifBinary *bin)
{
    if (!bin->ref_bin) {
        term made = binary_make(env->heap, bin->data, bin->size);
        if (is_no_value(made)) nif_no_memory();
        return to_nif(made);
    }
    struct blob *b = bin->ref_bin;
    bin->ref_bin = NULL; /* the term has it now; the bytes stay where they are */
    b->bytes = bin->size;
    return to_nif(binary_of_blob_part(env->heap, b, 0, bin->size));
}

unsigned char *enif_make_new_binary(ErlNifEnv *env, size_t size, ERL_NIF_TERM *to)
{
    term made;
    uint8_t *bytes = binary_new(env->heap, size, &made);
    if (!bytes) nif_no_memory();
    *to = to_nif(made);
    return bytes;
}

ERL_NIF_TERM enif_make_sub_binary(ErlNifEnv *env, ERL_NIF_TERM t, size_t from, size_t size)
{
    if (!is_binary(of_nif(t))) return enif_make_badarg(env);
    size_t whole = binary_size(of_nif(t));
    if (from > whole || size > whole - from) return enif_make_badarg(env);
    return to_nif(binary_part(env->heap, of_nif(t), from * 8, size * 8));
}

int enif_term_to_binary(ErlNifEnv *env, ERL_NIF_TERM t, ErlNifBinary *to)
{
    const struct etf_options options = {0};
    (void)env;
    size_t n = etf_size(of_nif(t), &options);
    if (n == SIZE_MAX || !enif_alloc_binary(n + 1, to)) return 0;
    to->data[0] = ETF_VERSION;
    etf_encode(to->data + 1, of_nif(t), &options);
    return 1;
}

size_t enif_binary_to_term(ErlNifEnv *env, const unsigned char *bytes, size_t n, ERL_NIF_TERM *to,
                           unsigned int options)
{
    size_t used = 0;
    if (options && options != ERL_NIF_BIN2TERM_SAFE) return 0;
    term t = etf_decode_versioned(env->heap, bytes, n, options ? ETF_SAFE : 0, &used);
    *to = to_nif(t);
    return is_value(t) ? used : 0;
}
