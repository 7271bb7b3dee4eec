#include <stdint.h>

struct word {
    uint32_t start;
    uint32_t length;
};

/* What the library asks of its host. */
__attribute__((import_module("env"), import_name("progress")))
void progress(uint32_t done, uint32_t size);

/* The longest word of a text; 0 if there is none. */
__attribute__((export_name("longest_word")))
int longest_word(const char *text, uint32_t size, struct word *longest) {
    uint32_t start = 0;
    longest->start = longest->length = 0;
    for (uint32_t i = 0; i <= size; i++) {
        if (i % 1024 == 0) {
            progress(i, size);
        }
        if (i < size && text[i] != ' ' && text[i] != '\n') {
            continue;
        }
        if (i - start > longest->length) {
            longest->start = start;
            longest->length = i - start;
        }
        start = i + 1;
    }
    return longest->length != 0;
}
