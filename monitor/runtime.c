/* SPDX-License-Identifier: Apache-2.0 */
/* runtime.c -- reads the runtime ELF and believes nothing in it; see runtime.h. */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi/layout.h"
#include "monitor/runtime.h"

static bool inside(uint64_t at, uint64_t bytes, uint64_t whole)
{
    return at <= whole && bytes <= whole - at;
}

static int bad(struct error *e, const char *what)
{
    return fail(e, 0, "the image's runtime is damaged: %s", what);
}

static int check_identity(const Elf64_Ehdr *h, struct error *e)
{
    if (memcmp(h->e_ident, ELFMAG, SELFMAG) != 0) return bad(e, "it is not an ELF file");
    if (h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_ident[EI_DATA] != ELFDATA2LSB ||
        h->e_machine != EM_X86_64)
        return bad(e, "it is not for x86-64");
    if (h->e_type != ET_EXEC) return bad(e, "it is not an executable with fixed addresses");
    if (h->e_phentsize != sizeof(Elf64_Phdr))
        return bad(e, "its program headers have a wrong size");
    return 0;
}

static int add_segment(struct runtime *r, const Elf64_Phdr *p, struct error *e)
{
    if (r->segments == RUNTIME_SEGMENTS_MOST) return bad(e, "it has too many segments");
    if (!inside(p->p_offset, p->p_filesz, r->file.bytes))
        return bad(e, "a segment lies beyond its end");
    if (p->p_filesz > p->p_memsz) return bad(e, "a segment is longer in the file than in memory");
    if (p->p_vaddr % LAYOUT_PAGE || p->p_offset % LAYOUT_PAGE)
        return bad(e, "a segment does not start on a page");
    if (p->p_vaddr < LAYOUT_RUNTIME || p->p_vaddr > LAYOUT_RUNTIME_END ||
        p->p_memsz > LAYOUT_RUNTIME_END - p->p_vaddr)
        return bad(e, "a segment lies outside of the runtime's place in memory");
    if ((p->p_flags & PF_W) && (p->p_flags & PF_X))
        return bad(e, "a segment is both writable and executable");
    struct runtime_segment s = {
        .address = p->p_vaddr,
        .memory_bytes = layout_pages_up(p->p_memsz),
        .at = p->p_offset,
        .file_bytes = p->p_filesz,
        .writable = p->p_flags & PF_W,
        .executable = p->p_flags & PF_X,
    };
    if (!s.writable && s.memory_bytes != layout_pages_up(s.file_bytes))
        return bad(e, "a read-only segment has memory without contents");
    for (unsigned i = 0; i < r->segments; i++) {
        const struct runtime_segment *o = &r->segment[i];
        if (s.address < o->address + o->memory_bytes && o->address < s.address + s.memory_bytes)
            return bad(e, "two segments overlap");
    }
    r->segment[r->segments++] = s;
    return 0;
}

static int read_segments(struct runtime *r, const Elf64_Ehdr *h, struct error *e)
{
    if (!inside(h->e_phoff, (uint64_t)h->e_phnum * sizeof(Elf64_Phdr), r->file.bytes))
        return bad(e, "its program headers lie beyond its end");
    for (unsigned i = 0; i < h->e_phnum; i++) {
        Elf64_Phdr p;
        memcpy(&p, r->bytes + h->e_phoff + i * sizeof p, sizeof p);
        if (p.p_type == PT_DYNAMIC || p.p_type == PT_INTERP || p.p_type == PT_TLS)
            return bad(e, "it is not linked statically");
        if (p.p_type == PT_LOAD && p.p_memsz && add_segment(r, &p, e) < 0) return -1;
    }
    return r->segments ? 0 : bad(e, "it has no segments");
}

/* The symbols are for backtraces only: without them, or with odd ones, we do without. */
static void read_symbols(struct runtime *r, const Elf64_Ehdr *h)
{
    if (h->e_shentsize != sizeof(Elf64_Shdr) ||
        !inside(h->e_shoff, (uint64_t)h->e_shnum * sizeof(Elf64_Shdr), r->file.bytes))
        return;
    for (unsigned i = 0; i < h->e_shnum; i++) {
        Elf64_Shdr s, names;
        memcpy(&s, r->bytes + h->e_shoff + i * sizeof s, sizeof s);
        if (s.sh_type != SHT_SYMTAB || s.sh_link >= h->e_shnum) continue;
        memcpy(&names, r->bytes + h->e_shoff + s.sh_link * sizeof names, sizeof names);
        if (s.sh_offset % 8 || !inside(s.sh_offset, s.sh_size, r->file.bytes)) return;
        if (!inside(names.sh_offset, names.sh_size, r->file.bytes) || !names.sh_size) return;
        if (r->bytes[names.sh_offset + names.sh_size - 1] != 0) return;
        r->symbols = (struct runtime_range){s.sh_offset, s.sh_size};
        r->strings = (struct runtime_range){names.sh_offset, names.sh_size};
        return;
    }
}

static bool segment_holds(const struct runtime_segment *s, uint64_t address, uint64_t bytes)
{
    return address >= s->address && inside(address - s->address, bytes, s->memory_bytes);
}

static bool is_code(const struct runtime *r, uint64_t address, uint64_t bytes)
{
    for (unsigned i = 0; i < r->segments; i++)
        if (r->segment[i].executable && segment_holds(&r->segment[i], address, bytes)) return true;
    return false;
}

static bool is_data(const struct runtime *r, uint64_t address, uint64_t bytes)
{
    for (unsigned i = 0; i < r->segments; i++)
        if (r->segment[i].writable && segment_holds(&r->segment[i], address, bytes)) return true;
    return false;
}

static int read_header(struct runtime *r, struct error *e)
{
    const struct runtime_segment *first = &r->segment[0];
    struct boot_header *h = &r->header;
    if (first->address != LAYOUT_RUNTIME || first->file_bytes < sizeof *h)
        return bad(e, "it has no runtime header");
    memcpy(h, r->bytes + first->at, sizeof *h);
    if (h->magic != BOOT_HEADER_MAGIC || h->bytes != sizeof *h)
        return bad(e, "it has no runtime header");
    if (h->version != BOOT_VERSION)
        return fail(e, 0,
                    "the image's runtime speaks version %u of the boot protocol, this mote speaks "
                    "version %u: build the image again",
                    h->version, BOOT_VERSION);
    if (!is_code(r, h->entry, 1) || !is_code(r, h->resume, 1) || !is_code(r, h->signal, 1) ||
        h->stride > LAYOUT_PAGE || !is_code(r, h->exception, 32 * h->stride))
        return bad(e, "its header points outside of its code");
    if (h->crash_stack % 16 || h->crash_stack_bytes < LAYOUT_PAGE || h->crash_stack_bytes % 16 ||
        !is_data(r, h->crash_stack, h->crash_stack_bytes))
        return bad(e, "its header points outside of its data");
    return 0;
}

/* The pages of the file that hold symbols and strings, when the guest has room for them. */
static void find_window(struct runtime *r)
{
    if (!r->symbols.bytes) return;
    uint64_t first = r->symbols.at < r->strings.at ? r->symbols.at : r->strings.at;
    uint64_t end = r->symbols.at + r->symbols.bytes, end2 = r->strings.at + r->strings.bytes;
    if (end2 > end) end = end2;
    r->window_at = first & ~(LAYOUT_PAGE - 1);
    r->window_bytes = layout_pages_up(end) - r->window_at;
    if (r->window_bytes > LAYOUT_SYMBOLS_END - LAYOUT_SYMBOLS) r->window_bytes = 0;
}

static int verify(struct runtime *r, struct error *e)
{
    Elf64_Ehdr h;
    if (r->file.bytes < sizeof h) return bad(e, "it is too short");
    memcpy(&h, r->bytes, sizeof h);
    if (check_identity(&h, e) < 0 || read_segments(r, &h, e) < 0 || read_header(r, e) < 0)
        return -1;
    read_symbols(r, &h);
    find_window(r);
    return 0;
}

/* Segments can only be mapped from a file when they lie on its pages. */
static int map_file(struct runtime *r, struct error *e)
{
    r->copied = r->file.at % LAYOUT_PAGE != 0;
    r->map_bytes = layout_pages_up(r->file.bytes);
    r->map =
        r->copied
            ? mmap(NULL, r->map_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
            : mmap(NULL, r->map_bytes, PROT_READ, MAP_PRIVATE, r->file.fd, (off_t)r->file.at);
    if (r->map == MAP_FAILED) return fail(e, errno, "map the image's runtime");
    if (!r->copied) return 0;
    uint64_t done = 0;
    while (done < r->file.bytes) {
        ssize_t n = pread(r->file.fd, (char *)r->map + done, r->file.bytes - done,
                          (off_t)(r->file.at + done));
        if (n > 0)
            done += (uint64_t)n;
        else if (n == 0 || errno != EINTR)
            return fail(e, n ? errno : EIO, "read the image's runtime");
    }
    mprotect(r->map, r->map_bytes, PROT_READ);
    return 0;
}

int runtime_open(struct runtime *r, const struct monitor_file *file, struct error *e)
{
    *r = (struct runtime){.file = *file};
    struct stat st;
    if (fstat(file->fd, &st) < 0) return fail(e, errno, "look at the image's runtime");
    /* A mapping that reaches beyond the file's end would end us with SIGBUS. */
    if (!inside(file->at, file->bytes, (uint64_t)st.st_size) || !file->bytes)
        return bad(e, "it is cut short");
    if (map_file(r, e) < 0) return -1;
    r->bytes = r->map;
    if (verify(r, e) == 0) return 0;
    runtime_close(r);
    return -1;
}

void runtime_close(struct runtime *r)
{
    if (r->bytes) munmap(r->map, r->map_bytes);
    r->bytes = NULL;
}

void runtime_symbol(const struct runtime *r, uint64_t address, char *text, size_t room)
{
    Elf64_Sym best = {0}, s;
    for (uint64_t i = 0; i < r->symbols.bytes / sizeof s; i++) {
        memcpy(&s, r->bytes + r->symbols.at + i * sizeof s, sizeof s);
        if (ELF64_ST_TYPE(s.st_info) != STT_FUNC || s.st_name >= r->strings.bytes) continue;
        if (s.st_value <= address && s.st_value > best.st_value) best = s;
    }
    if (best.st_value && address - best.st_value < best.st_size)
        snprintf(text, room, "%s+0x%llx", (const char *)r->bytes + r->strings.at + best.st_name,
                 (unsigned long long)(address - best.st_value));
    else
        snprintf(text, room, "0x%llx", (unsigned long long)address);
}
