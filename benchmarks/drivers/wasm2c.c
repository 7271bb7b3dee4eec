// What wasm2c makes of the module as the guest.
#include "guest.h"

static Z_guest_instance_t guest;

void set_up(void) {
  wasm_rt_init();
  Z_guest_init_module();
  Z_guest_instantiate(&guest);
  Z_guestZ__initialize(&guest);
}

int run_guest(int n) { return (int)Z_guestZ_run(&guest, (u32)n); }
