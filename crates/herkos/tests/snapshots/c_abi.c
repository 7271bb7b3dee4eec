#include <stdio.h>

#include "c_abi.h"

/* `env` `log` */
static c_abi_status host_env_log(void *user, const c_abi_view *memory, int32_t p0, int32_t p1) {
    (void)user;
    (void)memory;
    (void)p0;
    (void)p1;
    return C_ABI_TRAP_HOST; /* Not granted yet. */
}

/* `env` `limit` */
static int64_t host_env_get_limit(void *user) {
    (void)user;
    return 0;
}

/* `env` `limit` */
static void host_env_set_limit(void *user, int64_t value) {
    (void)user;
    (void)value;
}

/* `clock` `now` */
static c_abi_status host_clock_now(void *user, const c_abi_view *memory, double *result) {
    (void)user;
    (void)memory;
    (void)result;
    return C_ABI_TRAP_HOST; /* Not granted yet. */
}

int main(void) {
    const c_abi_host host = {
        .env_log = host_env_log,
        .env_get_limit = host_env_get_limit,
        .env_set_limit = host_env_set_limit,
        .clock_now = host_clock_now,
    };
    c_abi_instance *instance;
    c_abi_status status = c_abi_instance_new(&host, NULL, &instance);
    if (status != C_ABI_OK) {
        fprintf(stderr, "%s\n", c_abi_status_message(status));
        return 1;
    }
    /* What it exports:
     *   c_abi_malloc: (i32) -> i32
     *   c_abi_free: (i32) -> ()
     *   c_abi_divide: (i32, i32) -> (i32, i32)
     *   c_abi_greet: () -> f64
     */
    printf("The module is instantiated.\n");
    c_abi_instance_free(instance);
    return 0;
}
