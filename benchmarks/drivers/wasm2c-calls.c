// n calls into the module. With CATCH, each call can report a trap, in the way that wasm-rt offers.
#include "guest.h"
#include "wasm-rt-impl.h"

static Z_guest_instance_t guest;

void set_up(void) {
  wasm_rt_init();
  Z_guest_init_module();
  Z_guest_instantiate(&guest);
}

int run_guest(int n) {
#ifdef CATCH
  volatile int i = 0;
  volatile u32 sum = 0;
  for (; i < n; i++) {
    if (wasm_rt_impl_try() != 0) return -1;
    sum = Z_guestZ_add(&guest, sum, (u32)i);
  }
#else
  u32 sum = 0;
  for (int i = 0; i < n; i++) sum = Z_guestZ_add(&guest, sum, (u32)i);
#endif
  return (int)sum;
}
