/* Uses every module of tests/c_abi.rs, and says which line of its own is wrong. */
#define _POSIX_C_SOURCE 200112L
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "HOSTILE.h"
#include "app.h"
#include "heap.h"
#include "hosted.h"
#include "importer.h"
#include "pure.h"

static int faults = 0;

#define CHECK(condition)                                             \
    do {                                                             \
        if (!(condition)) {                                          \
            printf("line %d is wrong: %s\n", __LINE__, #condition);  \
            faults++;                                                \
        }                                                            \
    } while (0)

static void pure(void) {
    pure_instance *instance = NULL;
    int32_t i = -1;
    int64_t l = -1;
    float f = -1;
    double d = -1;
    char text[64];
    size_t length;
    CHECK(pure_instance_new(NULL) == PURE_NULL_ARGUMENT);
    CHECK(pure_instance_new(&instance) == PURE_OK && instance != NULL);
    CHECK(pure_add(instance, 2147483647, 2, &i) == PURE_OK && (uint32_t)i == 0x80000001u);
    CHECK(pure_mixed(instance, -7, 1.5f, INT64_C(-9000000000), -0.25, &d, &l, &f, &i) == PURE_OK);
    CHECK(i == -7 && f == 1.5f && l == INT64_C(-9000000000) && d == -0.25);
    CHECK(pure_nothing(instance) == PURE_OK);

    CHECK(pure_instance_last_trap(instance, text, sizeof text) == 0 && text[0] == 0);
    CHECK(pure_div(instance, 1, 0, &l) == PURE_TRAP_INTEGER_DIVIDE_BY_ZERO);
    CHECK(l == INT64_C(-9000000000)); /* As it was. */
    length = pure_instance_last_trap(instance, text, sizeof text);
    CHECK(strcmp(text, "integer divide by zero in function 2 \"div\"") == 0 && length == strlen(text));
    CHECK(pure_instance_last_trap(instance, NULL, 0) == length);
    memset(text, 'x', sizeof text);
    CHECK(pure_instance_last_trap(instance, text, 8) == length);
    CHECK(memcmp(text, "integer\0x", 9) == 0);
    CHECK(pure_instance_last_trap(instance, text, 1) == length && memcmp(text, "\0nteger", 7) == 0);
    CHECK(pure_instance_last_trap(instance, text, 0) == length);
    CHECK(pure_div(instance, INT64_MIN, -1, &l) == PURE_TRAP_INTEGER_OVERFLOW);
    CHECK(pure_trunc(instance, 0.0 / 0.0 * 0.0, &i) == PURE_TRAP_INVALID_CONVERSION_TO_INTEGER);
    CHECK(pure_deep(instance, 100, &i) == PURE_OK && i == 100);
    CHECK(pure_deep(instance, 100000000, &i) == PURE_TRAP_STACK_EXHAUSTED);
    CHECK(pure_instance_set_stack_budget(instance, 16384) == PURE_OK);
    CHECK(pure_deep(instance, 100000, &i) == PURE_TRAP_STACK_EXHAUSTED);
    CHECK(pure_deep(instance, 10, &i) == PURE_OK && i == 10);

    CHECK(pure_instance_fuel(instance) > 9000000000u && pure_instance_fuel(instance) < 10000000000u);
    CHECK(pure_instance_set_fuel(instance, 30) == PURE_OK && pure_instance_fuel(instance) == 30);
    CHECK(pure_deep(instance, 100, &i) == PURE_TRAP_OUT_OF_FUEL && pure_instance_fuel(instance) == 0);
    CHECK(pure_instance_set_fuel(instance, UINT64_MAX) == PURE_OK && pure_deep(instance, 10, &i) == PURE_OK);
    CHECK(pure_instance_set_fuel(NULL, 1) == PURE_NULL_ARGUMENT && pure_instance_fuel(NULL) == 0);

    CHECK(pure_add(NULL, 1, 2, &i) == PURE_NULL_ARGUMENT);
    CHECK(pure_add(instance, 1, 2, NULL) == PURE_NULL_ARGUMENT);
    CHECK(pure_mixed(instance, 1, 2, 3, 4, &d, &l, NULL, &i) == PURE_NULL_ARGUMENT && i == 10);
    CHECK(pure_instance_set_stack_budget(NULL, 1) == PURE_NULL_ARGUMENT);
    CHECK(pure_instance_last_trap(NULL, text, sizeof text) == 0 && text[0] == 0);
    CHECK(pure_instance_free(NULL) == PURE_OK);
    CHECK(pure_instance_free(instance) == PURE_OK);

    CHECK(strcmp(pure_status_message(PURE_OK), "no error") == 0);
    CHECK(strcmp(pure_status_message(PURE_TRAP_UNREACHABLE), "unreachable") == 0);
    CHECK(strcmp(pure_status_message(PURE_TRAP_INCOMPATIBLE_IMPORT), "incompatible import type") == 0);
    CHECK(strcmp(pure_status_message(PURE_NULL_ARGUMENT), "null argument") == 0);
    CHECK(strcmp(pure_status_message(PURE_BUSY), "the instance is in use by a call") == 0);
    CHECK(strcmp(pure_status_message(-5), "error of the host's own") == 0);
}

static void heap(void) {
    heap_instance *one, *two;
    heap_view view;
    int32_t at, sum, pages;
    int64_t version;
    char text[6];
    CHECK(heap_instance_new(&one) == HEAP_OK && heap_instance_new(&two) == HEAP_OK);
    CHECK(heap_malloc(one, 5, &at) == HEAP_OK && at == 16);
    CHECK(heap_memory_write(one, at, "abcde", 5) == HEAP_OK);
    CHECK(heap_sum(one, at, 5, &sum) == HEAP_OK && sum == 'a' + 'b' + 'c' + 'd' + 'e');
    CHECK(heap_sum(two, at, 5, &sum) == HEAP_OK && sum == 0);
    CHECK(heap_free(one, at) == HEAP_OK);

    memset(text, 'x', sizeof text);
    CHECK(heap_memory_read(one, at, text, 5) == HEAP_OK && memcmp(text, "abcdex", 6) == 0);
    CHECK(heap_memory_read(one, 65536 - 5, text, 5) == HEAP_OK);
    CHECK(heap_memory_write(one, 65536, NULL, 0) == HEAP_OK);
    memset(text, 'x', sizeof text);
    CHECK(heap_memory_read(one, 65536 - 4, text, 5) == HEAP_TRAP_MEMORY_OUT_OF_BOUNDS);
    CHECK(heap_memory_read(one, 65537, text, 0) == HEAP_TRAP_MEMORY_OUT_OF_BOUNDS);
    CHECK(heap_memory_read(one, 0xffffffffu, text, 5) == HEAP_TRAP_MEMORY_OUT_OF_BOUNDS);
    CHECK(heap_memory_read(one, 16, text, (size_t)-1) == HEAP_TRAP_MEMORY_OUT_OF_BOUNDS);
    CHECK(memcmp(text, "xxxxxx", 6) == 0);
    CHECK(heap_memory_write(one, 65536 - 4, "54321", 5) == HEAP_TRAP_MEMORY_OUT_OF_BOUNDS);
    CHECK(heap_sum(one, 65536 - 4, 4, &sum) == HEAP_OK && sum == 0);
    CHECK(heap_sum(one, 65536 - 4, 5, &sum) == HEAP_TRAP_MEMORY_OUT_OF_BOUNDS);

    CHECK(heap_memory_view(one, &view) == HEAP_OK && view.size == 65536);
    CHECK(memcmp(view.data + 16, "abcde", 5) == 0);
    CHECK(heap_view_at(&view, 16, 5) == view.data + 16);
    CHECK(heap_view_at(&view, 65536, 0) == view.data + 65536);
    CHECK(heap_view_at(&view, 65536, 1) == NULL && heap_view_at(&view, 65537, 0) == NULL);
    CHECK(heap_view_at(&view, 1, (size_t)-1) == NULL && heap_view_at(NULL, 0, 0) == NULL);
    view.data[16] = 'z';
    CHECK(heap_sum(one, 16, 1, &sum) == HEAP_OK && sum == 'z');
    CHECK(heap_memory_grow(one, 1) == HEAP_OK);
    CHECK(heap_memory_grow(one, 1) == HEAP_TRAP_ALLOCATION_FAILED);
    CHECK(heap_memory_grow(one, 0xffffffffu) == HEAP_TRAP_ALLOCATION_FAILED);
    CHECK(heap_pages(one, &pages) == HEAP_OK && pages == 2);
    CHECK(heap_memory_view(one, &view) == HEAP_OK && view.size == 131072 && view.data[16] == 'z');

    CHECK(heap_get_next(one, &at) == HEAP_OK && at == 21);
    CHECK(heap_set_next(one, -1) == HEAP_OK && heap_get_next(one, &at) == HEAP_OK && at == -1);
    CHECK(heap_get_next(two, &at) == HEAP_OK && at == 16);
    CHECK(heap_get_version(one, &version) == HEAP_OK && version == INT64_C(0x123456789abcdef0));

    CHECK(heap_memory_view(one, NULL) == HEAP_NULL_ARGUMENT);
    CHECK(heap_memory_view(NULL, &view) == HEAP_NULL_ARGUMENT);
    CHECK(heap_memory_read(one, 0, NULL, 1) == HEAP_NULL_ARGUMENT);
    CHECK(heap_memory_write(one, 0, NULL, 1) == HEAP_NULL_ARGUMENT);
    CHECK(heap_memory_grow(NULL, 1) == HEAP_NULL_ARGUMENT);
    CHECK(heap_get_next(one, NULL) == HEAP_NULL_ARGUMENT && heap_set_next(NULL, 1) == HEAP_NULL_ARGUMENT);
    heap_instance_free(one);
    heap_instance_free(two);
}

/* What the host of `hosted` knows. */
struct console {
    hosted_instance *instance;
    hosted_status answer;
    char said[16];
    double depth;
    int threads;
};

static void *from_a_thread(void *user) {
    struct console *console = user;
    int64_t time = 0;
    CHECK(hosted_time(console->instance, &time) == HOSTED_BUSY);
    return NULL;
}

static hosted_status say(void *user, const hosted_view *memory, int32_t at, int32_t length) {
    struct console *console = user;
    char text[8];
    const char *said = hosted_view_at(memory, (uint32_t)at, (uint32_t)length);
    CHECK(memory->size == 65536);
    if (said == NULL || length >= (int32_t)sizeof console->said) {
        return HOSTED_TRAP_MEMORY_OUT_OF_BOUNDS;
    }
    memcpy(console->said, said, (size_t)length);
    console->said[length] = 0;
    if (console->instance != NULL) {
        hosted_view view;
        int64_t time = 0;
        pthread_t thread;
        /* The instance waits for us: none of this may touch it. */
        CHECK(hosted_time(console->instance, &time) == HOSTED_BUSY);
        CHECK(hosted_memory_view(console->instance, &view) == HOSTED_BUSY);
        CHECK(hosted_memory_read(console->instance, 8, text, 1) == HOSTED_BUSY);
        CHECK(hosted_memory_write(console->instance, 8, "x", 1) == HOSTED_BUSY);
        CHECK(hosted_memory_grow(console->instance, 0) == HOSTED_BUSY);
        CHECK(hosted_instance_free(console->instance) == HOSTED_BUSY);
        CHECK(hosted_instance_last_trap(console->instance, text, sizeof text) == 0);
        if (console->threads) {
            CHECK(pthread_create(&thread, NULL, from_a_thread, console) == 0);
            CHECK(pthread_join(thread, NULL) == 0);
        }
        memory->data[8] = 'H';
    }
    return console->answer;
}

static hosted_status pair(void *user, const hosted_view *memory, float value, int64_t *l, float *f) {
    (void)user, (void)memory;
    *l = (int64_t)value;
    *f = value * 2;
    return HOSTED_OK;
}

static hosted_status now(void *user, const hosted_view *memory, int64_t *result) {
    (void)memory;
    *result = 1234567890123;
    return ((struct console *)user)->answer;
}

static int32_t limit(void *user) {
    (void)user;
    return 42;
}

static double get_depth(void *user) {
    return ((struct console *)user)->depth;
}

static void set_depth(void *user, double value) {
    ((struct console *)user)->depth = value;
}

static void hosted(void) {
    struct console console = {NULL, HOSTED_OK, "?", 1.5, 0};
    hosted_host host = {say, pair, limit, get_depth, set_depth, now};
    hosted_instance *instance = (hosted_instance *)&console;
    int64_t l = 0;
    int32_t i = 0;
    float f = 0;
    double d = 0;
    char text[128];

    CHECK(hosted_instance_new(NULL, &console, &instance) == HOSTED_NULL_ARGUMENT && instance == NULL);
    host.clock_now = NULL;
    instance = (hosted_instance *)&console;
    CHECK(hosted_instance_new(&host, &console, &instance) == HOSTED_NULL_ARGUMENT && instance == NULL);
    host.clock_now = now;
    CHECK(hosted_instance_new(&host, &console, NULL) == HOSTED_NULL_ARGUMENT);
    /* The start function fails. */
    console.answer = HOSTED_TRAP_UNREACHABLE;
    instance = (hosted_instance *)&console;
    CHECK(hosted_instance_new(&host, &console, &instance) == HOSTED_TRAP_UNREACHABLE && instance == NULL);
    console.answer = 1000;
    CHECK(hosted_instance_new(&host, &console, &instance) == HOSTED_TRAP_HOST && instance == NULL);
    console.answer = HOSTED_OK;
    CHECK(hosted_instance_new(&host, &console, &instance) == HOSTED_OK && console.said[0] == 0);
    memset(&host, 0, sizeof host); /* It was copied. */

    console.instance = instance;
    console.threads = 1;
    CHECK(hosted_greet(instance, 8, 5) == HOSTED_OK && strcmp(console.said, "hello") == 0);
    CHECK(hosted_greet(instance, 8, 5) == HOSTED_OK && strcmp(console.said, "Hello") == 0);
    console.threads = 0;
    CHECK(hosted_greet(instance, 65535, 2) == HOSTED_TRAP_MEMORY_OUT_OF_BOUNDS);
    CHECK(hosted_greet(instance, -1, 1) == HOSTED_TRAP_MEMORY_OUT_OF_BOUNDS);
    CHECK(hosted_instance_last_trap(instance, text, sizeof text) > 0);
    CHECK(strcmp(text, "out of bounds memory access in function 4 \"greet\"") == 0);
    CHECK(hosted_twice(instance, 3.5f, &l, &f) == HOSTED_OK && l == 3 && f == 7.0f);
    CHECK(hosted_state(instance, &i, &d) == HOSTED_OK && i == 42 && d == 2.5 && console.depth == 2.5);
    CHECK(hosted_time(instance, &l) == HOSTED_OK && l == 1234567890123);

    console.answer = 1000; /* An error of our own. */
    CHECK(hosted_time(instance, &l) == 1000);
    CHECK(hosted_instance_last_trap(instance, text, sizeof text) > 0);
    CHECK(strcmp(text, "host error in function 7 \"time\"") == 0);
    console.answer = -7;
    CHECK(hosted_time(instance, &l) == -7);
    console.answer = HOSTED_TRAP_HOST;
    CHECK(hosted_time(instance, &l) == HOSTED_TRAP_HOST);
    console.answer = HOSTED_BUSY; /* Of another instance, for example. */
    CHECK(hosted_time(instance, &l) == HOSTED_BUSY);
    console.answer = HOSTED_OK;
    CHECK(hosted_time(instance, &l) == HOSTED_OK);
    CHECK(hosted_instance_free(instance) == HOSTED_OK);
}

static importer_externref kept = -1;

static importer_status hold(
    void *user, const importer_view *memory, importer_externref value, importer_funcref func, importer_externref *result) {
    CHECK(user == NULL && memory->size == 131072 && func >= 0);
    *result = value == -1 ? 77 : -1;
    return IMPORTER_OK;
}

static importer_externref get_any(void *user) {
    (void)user;
    return kept;
}

static void set_any(void *user, importer_externref value) {
    (void)user;
    kept = value;
}

static void importer(void) {
    const importer_host host = {hold, get_any, set_any};
    importer_instance *instance;
    importer_externref value = 0;
    importer_funcref func = -1;
    int32_t i = 0;
    CHECK(importer_instance_new(&host, NULL, &instance) == IMPORTER_OK);
    CHECK(importer_peek(instance, 4, &i) == IMPORTER_OK && i == 42);
    CHECK(importer_peek(instance, 65536, &i) == IMPORTER_TRAP_MEMORY_OUT_OF_BOUNDS);
    CHECK(importer_memory_grow(instance, 1) == IMPORTER_OK);
    CHECK(importer_memory_write(instance, 65536, "A", 1) == IMPORTER_OK);
    CHECK(importer_peek(instance, 65536, &i) == IMPORTER_OK && i == 'A');

    CHECK(importer_pass(instance, -1, &value) == IMPORTER_OK && value == 77);
    CHECK(importer_pass(instance, 5, &value) == IMPORTER_OK && value == -1);
    CHECK(importer_keep(instance, 1, 0xffffffff) == IMPORTER_OK);
    CHECK(importer_kept(instance, 1, &value) == IMPORTER_OK && value == 0xffffffff);
    CHECK(importer_kept(instance, 0, &value) == IMPORTER_OK && value == -1);
    CHECK(importer_keep(instance, 1, INT64_C(0x100000000)) == IMPORTER_OK); /* No such number. */
    CHECK(importer_kept(instance, 1, &value) == IMPORTER_OK && value == -1);
    CHECK(importer_keep(instance, 2, 1) == IMPORTER_TRAP_TABLE_OUT_OF_BOUNDS);
    CHECK(importer_swap(instance, 3, &value) == IMPORTER_OK && value == -1 && kept == 3);
    CHECK(importer_swap(instance, -1, &value) == IMPORTER_OK && value == 3 && kept == -1);

    CHECK(importer_calls_size(instance, &i) == IMPORTER_OK && i == 2);
    CHECK(importer_calls_get(instance, 0, &func) == IMPORTER_OK && func >= 0);
    CHECK(importer_call(instance, 0, &i) == IMPORTER_OK && i == 7);
    CHECK(importer_call(instance, 1, &i) == IMPORTER_TRAP_UNINITIALIZED_ELEMENT);
    CHECK(importer_calls_set(instance, 1, func) == IMPORTER_OK);
    CHECK(importer_call(instance, 1, &i) == IMPORTER_OK && i == 7);
    CHECK(importer_calls_set(instance, 1, 123456) == IMPORTER_OK); /* Not a function: found out by the call. */
    CHECK(importer_call(instance, 1, &i) == IMPORTER_TRAP_INDIRECT_CALL_TYPE_MISMATCH);
    CHECK(importer_calls_set(instance, 2, func) == IMPORTER_TRAP_TABLE_OUT_OF_BOUNDS);
    CHECK(importer_calls_get(instance, -1, &func) == IMPORTER_TRAP_TABLE_OUT_OF_BOUNDS);
    CHECK(importer_calls_grow(instance, 1, func) == IMPORTER_OK);
    CHECK(importer_calls_grow(instance, 1, func) == IMPORTER_TRAP_ALLOCATION_FAILED);
    CHECK(importer_call(instance, 2, &i) == IMPORTER_OK && i == 7);
    CHECK(importer_call(instance, 3, &i) == IMPORTER_TRAP_UNDEFINED_ELEMENT);
    importer_instance_free(instance);
}

static HOSTILE_status ten(void *user, const HOSTILE_view *memory, int32_t *result) {
    (void)user, (void)memory;
    *result = 10;
    return HOSTILE_OK;
}

static void hostile(void) {
    const HOSTILE_host host = {
        .host_INT_MAX = ten, .static_assert_2 = ten, .host_9_item = ten, .host_item = ten};
    HOSTILE_status (*const functions[])(HOSTILE_instance *, int32_t *) = {
        HOSTILE_int, HOSTILE_instance_new_2, HOSTILE_instance_2, HOSTILE_host_2, HOSTILE_a_b, HOSTILE_a_b_2,
        HOSTILE_a_b_3, HOSTILE_func, HOSTILE_error, HOSTILE_memory_view_2, HOSTILE_HERKOS_H_2, HOSTILE_func_2, HOSTILE_1,
        HOSTILE_status_message_2};
    HOSTILE_instance *instance;
    int32_t i = 0, index;
    HOSTILE_view view;
    CHECK(HOSTILE_instance_new(&host, NULL, &instance) == HOSTILE_OK);
    CHECK(HOSTILE_all(instance, &i) == HOSTILE_OK && i == 40);
    for (index = 0; index < (int32_t)(sizeof functions / sizeof *functions); index++) {
        CHECK(functions[index](instance, &i) == HOSTILE_OK && i == index + 1);
    }
    CHECK(HOSTILE_memory_view(instance, &view) == HOSTILE_OK && view.size == 65536);
    HOSTILE_instance_free(instance);
}

static app_status tell(void *user, const app_view *memory, int32_t value) {
    /* Each gets its own memory: 1 is in that of `app`, 2 in that of `lib`. */
    CHECK((value == 3 && memory->data[0] == 1) || (value == 4 && memory->data[0] == 2));
    *(int *)user += value;
    return APP_OK;
}

static void linked(void) {
    const app_host host = {tell};
    app_instance *instance;
    int32_t i = 0, told = 0;
    uint8_t byte = 0;
    CHECK(app_instance_new(&host, &told, &instance) == APP_OK);
    CHECK(app_run(instance, &i) == APP_OK && i == 2 && told == 7);
    CHECK(app_heap_read(instance, 0, &byte, 1) == APP_OK && byte == 1);
    CHECK(app_lib_heap_read(instance, 0, &byte, 1) == APP_OK && byte == 2);
    CHECK(app_lib_get(instance, &i) == APP_OK && i == 2 && told == 11);
    app_instance_free(instance);
}

int main(void) {
    pure();
    heap();
    hosted();
    importer();
    hostile();
    linked();
    if (faults == 0) {
        printf("all is well\n");
    }
    return faults != 0;
}
