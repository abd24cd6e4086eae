/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_etf.c -- libFuzzer's door to the external term decoder.
 *
 * What is accepted is encoded again, decoded once more, and must be the same term with the same
 * hashes; then it is printed and compared.  Funs are refused: nothing here knows of code.
 */
#include <stdlib.h>

#include "etf/etf.h"
#include "etf/print.h"
#include "test/unit/vm_setup.h"
#include "term/compare.h"
#include "term/hash.h"
#include "term/node.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

__attribute__((__noreturn__)) static void out_of_memory(struct heap *h)
{
    (void)h;
    abort();
}

static void must(bool condition)
{
    if (!condition) abort();
}

static void start(void)
{
    static bool started;
    if (started) return;
    started = true;
    setup_vm();
    node_start();
}

static void nothing(void *context, const char *bytes, size_t n)
{
    (void)context, (void)bytes, (void)n;
}

static void round_trip(struct heap *h, term t, const struct etf_options *options)
{
    size_t n = etf_size(t, options), used;
    uint8_t *bytes = malloc(n);
    must(etf_encode(bytes, t, options) == bytes + n);
    term again = etf_decode(h, bytes, n, 0, &used);
    must(is_value(again) && used == n);
    must(term_same_value(t, again) && term_compare(t, again) == 0);
    must(term_phash2(t) == term_phash2(again) && term_phash(t) == term_phash(again));
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct heap heap = {0};
    size_t used;
    start();
    must(heap_start(&heap, 1024));
    heap.exhausted = out_of_memory;
    term t = n && data[0] == ETF_VERSION ? etf_decode_versioned(&heap, data, n, ETF_SAFE, &used)
                                         : etf_decode(&heap, data, n, ETF_SAFE, &used);
    must(used <= n);
    if (is_value(t)) {
        round_trip(&heap, t, &(struct etf_options){0});
        round_trip(&heap, t, &(struct etf_options){.utf8_atoms = true, .deterministic = true});
        term_print(&(struct print_sink){nothing, NULL}, t, PRINT_ALL);
    }
    heap_end(&heap);
    return 0;
}
