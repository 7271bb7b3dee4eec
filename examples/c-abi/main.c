#include <stdio.h>
#include <string.h>

#include "words.h"

/* An error of this program's own: any number from 256 on. */
enum { CANCELLED = 256 };

/* What the library asks of its host; the only thing that it can do. */
static words_status progress(void *user, const words_view *memory, int32_t done, int32_t size) {
    const int32_t *limit = user;
    (void)memory;
    printf("%d of %d bytes\n", (int)done, (int)size);
    return done > *limit ? CANCELLED : WORDS_OK;
}

/* Prints the longest word of a text. */
static words_status print_longest(words_instance *library, const char *text, uint32_t size) {
    int32_t at, word, found;
    uint32_t longest[2]; /* `struct word` of the library: start and length. */
    words_status status;

    /* The library works on its own memory, so the text goes there, and room for the answer. */
    if ((status = words_malloc(library, (int32_t)size, &at)) != WORDS_OK ||
        (status = words_malloc(library, sizeof longest, &word)) != WORDS_OK ||
        (status = words_memory_write(library, (uint32_t)at, text, size)) != WORDS_OK ||
        (status = words_longest_word(library, at, (int32_t)size, word, &found)) != WORDS_OK ||
        (status = words_memory_read(library, (uint32_t)word, longest, sizeof longest)) != WORDS_OK ||
        (status = words_free(library, word)) != WORDS_OK || (status = words_free(library, at)) != WORDS_OK) {
        return status;
    }
    /* The library may be wrong, or lie: look before you use what it says. */
    if (!found || longest[0] > size || longest[1] > size - longest[0]) {
        printf("no word\n");
    } else {
        printf("longest word: %.*s\n", (int)longest[1], text + longest[0]);
    }
    return WORDS_OK;
}

int main(void) {
    static char text[5000];
    int32_t limit = 2000;
    const words_host host = {.env_progress = progress};
    words_instance *library;
    words_status status = words_instance_new(&host, &limit, &library);
    if (status == WORDS_OK) {
        status = words_initialize(library); /* What clang calls the start of a library. */
    }
    if (status == WORDS_OK) {
        status = print_longest(library, "the quick brown fox jumps", 25);
    }
    if (status != WORDS_OK) {
        fprintf(stderr, "%s\n", words_status_message(status));
        return 1;
    }

    memset(text, 'a', sizeof text);
    status = print_longest(library, text, sizeof text);
    if (status == CANCELLED) {
        char place[200];
        words_instance_last_trap(library, place, sizeof place);
        printf("cancelled: %s\n", place);
    }
    words_instance_free(library);
    return 0;
}
