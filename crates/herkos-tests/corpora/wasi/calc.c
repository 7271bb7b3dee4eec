// A calculator: one expression a line, with + - * / % ^, parentheses, variables, sqrt and sin.
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *at;
static int failed;
static double variables[26];

static double sum(void);

static void skip(void) {
  while (isspace((unsigned char)*at)) at++;
}

static int accept(char c) {
  skip();
  if (*at != c) return 0;
  at++;
  return 1;
}

static double atom(void) {
  skip();
  if (accept('(')) {
    double value = sum();
    if (!accept(')')) failed = 1;
    return value;
  }
  if (accept('-')) return -atom();
  if (isdigit((unsigned char)*at) || *at == '.') {
    char *end;
    double value = strtod(at, &end);
    at = end;
    return value;
  }
  if (!strncmp(at, "sqrt(", 5)) return at += 4, sqrt(atom());
  if (!strncmp(at, "sin(", 4)) return at += 3, sin(atom());
  if (islower((unsigned char)*at)) return variables[*at++ - 'a'];
  failed = 1;
  return 0;
}

static double power(void) {
  double base = atom();
  return accept('^') ? pow(base, power()) : base;
}

static double product(void) {
  double value = power();
  for (;;) {
    if (accept('*')) value *= power();
    else if (accept('/')) value /= power();
    else if (accept('%')) value = fmod(value, power());
    else return value;
  }
}

static double sum(void) {
  double value = product();
  for (;;) {
    if (accept('+')) value += product();
    else if (accept('-')) value -= product();
    else return value;
  }
}

int main(void) {
  static char line[4096];
  int errors = 0;
  while (fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\n")] = 0;
    at = line;
    failed = 0;
    skip();
    char *target = NULL;
    if (islower((unsigned char)at[0]) && at[1] == ' ' && at[2] == '=') target = (char *)at, at += 3;
    double value = sum();
    skip();
    if (failed || *at) {
      printf("error at %d\n", (int)(at - line));
      errors++;
    } else {
      if (target) variables[*target - 'a'] = value;
      printf("%.12g\n", value);
    }
  }
  return errors > 0;
}
