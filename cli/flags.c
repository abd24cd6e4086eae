/* SPDX-License-Identifier: Apache-2.0 */
/* flags.c -- see flags.h. */
#include <stdlib.h>
#include <string.h>

#include "cli/files.h"
#include "cli/flags.h"
#include "cli/memory.h"

#define ARGS_FILE_MOST  (UINT64_C(1) << 20)
#define ARGS_FILE_DEPTH 20 /* files that name each other would never end */

/* --- words ---------------------------------------------------------------------------------- */

void flags_split(const char *text, struct names *words)
{
    while (*text) {
        text += strspn(text, " \t\r\n");
        if (!*text) return;
        char *word = memory_take(strlen(text) + 1), *to = word, quote = 0;
        for (; *text && (quote || !strchr(" \t\r\n", *text)); text++) {
            if (quote ? *text == quote : *text == '"' || *text == '\'')
                quote = quote ? 0 : *text;
            else if (*text == '\\' && quote != '\'' && text[1])
                *to++ = *++text;
            else
                *to++ = *text;
        }
        names_append(words, word);
    }
}

/* --- the emulator's flags --------------------------------------------------------------------- */

/* +flags that take a value of their own.  A word is exact; a letter with '*' behind it takes
 * a value only when it stands alone ("+A 4", but "+A4").  From the table of erlexec. */
static const char *const with_value[] = {
    "a*",    "A*",    "C*",     "e*",      "i*",     "n*",   "P*",   "Q*",       "t*",
    "T*",    "R*",    "W*",     "K*",      "IOt",    "IOp",  "IOPt", "IOPp",     "IOs",
    "S",     "SP",    "SDcpu",  "SDPcpu",  "SDio",   "pc",   "hms",  "hmbs",     "hpds",
    "hmax",  "hmaxk", "hmaxel", "hmqd",    "h",      "rg",   "sbt",  "sbwtdcpu", "sbwtdio",
    "sbwt",  "scl",   "sct",    "secio",   "sfwi",   "stbt", "swct", "swtdcpu",  "swtdio",
    "swt",   "sws",   "sss",    "sssdcpu", "sssdio", "spp",  "sub",  "zdbbl",    "zdntgc",
    "zebwt", "zosrl", "JPperf",
};

static bool takes_value(const char *flag)
{
    for (size_t i = 0; i < sizeof with_value / sizeof *with_value; i++) {
        const char *known = with_value[i];
        size_t n = strcspn(known, "*");
        if (strncmp(flag, known, n) == 0 && flag[n] == 0) return true;
    }
    /* +MBas, +MHlmbcs ...: allocators.  Those with an attached value end in it. */
    return flag[0] == 'M' && strlen(flag) > 3;
}

/* True when the next word belongs to a flag that may stand without one. */
static bool takes_next(const char *flag, const char *next)
{
    if (strcmp(flag, "c") == 0) return strcmp(next, "true") == 0 || strcmp(next, "false") == 0;
    if (strcmp(flag, "B") == 0) return strlen(next) == 1 && strchr("icd", *next);
    return false;
}

/* --- init's arguments ---------------------------------------------------------------------------- */

static int read_words(struct flags *f, const struct names *words, unsigned depth, struct error *e);

static int read_file(struct flags *f, const char *path, unsigned depth, struct error *e)
{
    struct bytes file;
    struct names words = {0};
    if (depth > ARGS_FILE_DEPTH) return fail(e, 0, "-args_file %s: nested too deeply", path);
    if (file_read(path, ARGS_FILE_MOST, &file, NULL, e) < 0) return -1;
    struct buffer text = {0};
    for (const char *line = (const char *)file.at; *line;) { /* without comments */
        size_t n = strcspn(line, "\n");
        buffer_add(&text, line, strcspn(line, "#") < n ? strcspn(line, "#") : n);
        buffer_add_text(&text, "\n");
        line += n + (line[n] != 0);
    }
    buffer_add(&text, "", 1);
    flags_split((const char *)text.at, &words);
    buffer_drop(&text);
    if (read_words(f, &words, depth + 1, e) < 0) return -1;
    if (words.n) names_append(&f->init, "--");
    return 0;
}

/* The words behind -pa and its like, up to the next flag. */
static void note_values(const struct names *words, size_t i, struct names *out)
{
    for (; i < words->n && words->at[i][0] != '-' && words->at[i][0] != '+'; i++)
        names_add(out, words->at[i]);
}

/* Flags that erlexec itself acts upon.  1 when `word` was one, with *i moved behind it. */
static int read_own(struct flags *f, const struct names *words, size_t *i, unsigned depth,
                    struct error *e)
{
    static const char *const refused[] = {"-detached", "-man", "-make", "-heart"};
    const char *word = words->at[*i];
    size_t left = words->n - *i - 1;
    for (size_t j = 0; j < sizeof refused / sizeof *refused; j++)
        if (strcmp(word, refused[j]) == 0) return fail(e, 0, "%s has no meaning in a mote", word);
    if (strcmp(word, "-name") == 0 || strcmp(word, "-sname") == 0) f->is_node = true;
    if (strcmp(word, "-setcookie") == 0) f->has_cookie = true;
    if (strcmp(word, "-epmd_module") == 0 || strcmp(word, "-proto_dist") == 0)
        f->has_names_of_its_own = true;
    if (strcmp(word, "-env") == 0) {
        if (left < 2) return fail(e, 0, "-env wants a name and a value behind it");
        names_append(&f->variables, words->at[++*i]);
        names_append(&f->variables, words->at[++*i]);
    } else if (strcmp(word, "-args_file") == 0) {
        if (left < 1) return fail(e, 0, "-args_file wants a file behind it");
        if (read_file(f, words->at[++*i], depth, e) < 0) return -1;
    } else if (strcmp(word, "-noinput") == 0) {
        names_append(&f->init, "-noshell");
        names_append(&f->init, word);
    } else if (strcmp(word, "-version") == 0) {
        f->show_version = true;
    } else if (strcmp(word, "-compile") == 0) {
        static const char *const instead[] = {"-noshell", "-noinput", "-s", "c", "lc_batch"};
        for (size_t j = 0; j < 5; j++) names_append(&f->init, instead[j]);
    } else if (strcmp(word, "-smp") == 0 || strcmp(word, "-emu_type") == 0 ||
               strcmp(word, "-emu_flavor") == 0 || strcmp(word, "-epmd") == 0) {
        if (left && words->at[*i + 1][0] != '-') ++*i; /* about an emulator that we are not */
    } else {
        return 0;
    }
    ++*i;
    return 1;
}

static int read_emulator_flag(struct flags *f, const struct names *words, size_t *i,
                              struct error *e)
{
    const char *flag = words->at[*i] + 1;
    bool more = *i + 1 < words->n;
    if (!strchr("aAbBcCdefFhiIJKlMnpPQrRsStTvVWz", *flag))
        return fail(e, 0, "+%s is no flag of the emulator", flag);
    if (strcmp(flag, "V") == 0) f->show_version = true;
    names_append(&f->emulator, words->at[*i]);
    if (takes_value(flag)) {
        if (!more) return fail(e, 0, "+%s wants a value behind it", flag);
        names_append(&f->emulator, words->at[++*i]);
    } else if (more && takes_next(flag, words->at[*i + 1])) {
        names_append(&f->emulator, words->at[++*i]);
    }
    ++*i;
    return 0;
}

static int read_words(struct flags *f, const struct names *words, unsigned depth, struct error *e)
{
    size_t i = 0;
    while (i < words->n) {
        const char *word = words->at[i];
        if (strcmp(word, "-extra") == 0) { /* nothing behind it is ours */
            names_append(&f->init, words->at[i++]);
            for (; i < words->n; i++) {
                names_append(&f->init, words->at[i]);
                names_append(&f->plain, words->at[i]);
            }
            break;
        }
        if (word[0] == '+' && word[1]) {
            if (read_emulator_flag(f, words, &i, e) < 0) return -1;
            continue;
        }
        int own = read_own(f, words, &i, depth, e);
        if (own < 0) return -1;
        if (own > 0) continue;
        if (strcmp(word, "-pa") == 0 || strcmp(word, "-pz") == 0 || strcmp(word, "-path") == 0)
            note_values(words, i + 1, &f->folders);
        if (strcmp(word, "-config") == 0 || strcmp(word, "-boot") == 0)
            note_values(words, i + 1, &f->files);
        names_append(&f->init, word);
        i++;
    }
    return 0;
}

static int read_variable(struct flags *f, const char *name, struct error *e)
{
    const char *text = getenv(name);
    struct names words = {0};
    if (!text || !*text) return 0;
    flags_split(text, &words);
    if (read_words(f, &words, 0, e) < 0) return fail_context(e, "$%s", name);
    if (words.n) names_append(&f->init, "--");
    return 0;
}

/* Whether erlexec puts a -- behind the command line, too: as it does when it has to make a new one. */
static bool is_rewritten(const struct names *words)
{
    static const char *const variables[] = {"ERL_AFLAGS", "ERL_FLAGS", "ERL_ZFLAGS"};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *text = getenv(variables[i]);
        if (text && text[strspn(text, " \t\n\v\f\r")]) return true;
    }
    for (size_t i = 0; i < words->n; i++)
        if (strcmp(words->at[i], "-args_file") == 0) return true;
    return false;
}

int flags_read(struct flags *f, int argc, char **argv, struct error *e)
{
    struct names words = {0}, plain = {0};
    bool extra = false;
    for (int i = 0; i < argc; i++) { /* what follows -extra comes behind $ERL_FLAGS, too */
        extra = extra || strcmp(argv[i], "-extra") == 0;
        names_append(extra ? &plain : &words, argv[i]);
    }
    if (read_variable(f, "ERL_AFLAGS", e) < 0 || read_words(f, &words, 0, e) < 0) return -1;
    if (argc > 0 && is_rewritten(&words)) names_append(&f->init, "--");
    if (read_variable(f, "ERL_FLAGS", e) < 0 || read_variable(f, "ERL_ZFLAGS", e) < 0) return -1;
    const char *port = getenv("ERL_EPMD_PORT");
    if (port && *port) { /* as erlexec does */
        names_append(&f->init, "-epmd_port");
        names_append(&f->init, port);
    }
    if (f->is_node && !f->has_names_of_its_own) {
        /* A mote is a host of its own: there is no epmd beside it (otp/src/mote_epmd.erl). */
        names_append(&f->init, "-epmd_module");
        names_append(&f->init, "mote_epmd");
    }
    return read_words(f, &plain, 0, e);
}

void flags_build(const struct flags *f, const char *root, const char *bindir, const char *home,
                 struct names *argv)
{
    names_append(argv, "beam");
    for (size_t i = 0; i < f->emulator.n; i++) names_append(argv, f->emulator.at[i]);
    const char *const middle[] = {"--",  "-root", root,    "-bindir", bindir, "-progname",
                                  "erl", "--",    "-home", home,      "--"};
    for (size_t i = 0; i < sizeof middle / sizeof *middle; i++) names_append(argv, middle[i]);
    for (size_t i = 0; i < f->init.n; i++) names_append(argv, f->init.at[i]);
}
