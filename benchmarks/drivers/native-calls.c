// n calls of a function of another file.
unsigned add(unsigned a, unsigned b);

void set_up(void) {}

int run_guest(int n) {
  unsigned sum = 0;
  for (int i = 0; i < n; i++) sum = add(sum, (unsigned)i);
  return (int)sum;
}
