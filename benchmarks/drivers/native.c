// The C program itself as the guest.
int run(int n);

void set_up(void) {}
int run_guest(int n) { return run(n); }
