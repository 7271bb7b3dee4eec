// A JavaScript program: classes, closures, generators, regular expressions, typed arrays, big integers, JSON, sorting, exceptions.
#include "driver.h"
#include "quickjs.h"
static const char script[] =
  "(function (n) {\n"
  "  let h = 5381n; const mix = v => { h = BigInt.asUintN(60, h * 33n + BigInt(v)); };\n"
  "  class Shape { constructor(w) { this.w = w; } get area() { return this.w * this.w; } static of(...a) { return new this(...a); } }\n"
  "  class Circle extends Shape { #k = 3; get area() { return super.area * this.#k; } }\n"
  "  for (let i = 0; i < 20 * n; i++) mix((i % 2 ? Shape : Circle).of(i % 50).area);\n"
  "  function* primes() { const seen = new Map(); for (let q = 2; ; q++) { const p = seen.get(q); if (!p) { yield q; seen.set(q * q, [q]); } else { p.forEach(x => { const k = x + q; seen.has(k) ? seen.get(k).push(x) : seen.set(k, [x]); }); seen.delete(q); } } }\n"
  "  for (const p of primes()) { if (p > 30 * n) break; mix(p); }\n"
  "  const words = Array.from({ length: 20 * n }, (_, i) => 'w' + ((i * 7919) % 1009).toString(36));\n"
  "  words.sort(); mix(words.join().length); mix([...words.join(' ').matchAll(/(?<a>[a-f]+)(\\d+)/gi)].reduce((s, m) => s + m.index + m.groups.a.length, 0) % 1000003);\n"
  "  const text = JSON.stringify(words.map((w, i) => ({ w, i, f: i / 3, nested: [null, true, { w }] }))); mix(text.length); mix(JSON.parse(text).filter(o => o.f > 5).length);\n"
  "  const f = new Float64Array(64 * n); f.forEach((_, i) => { f[i] = Math.sqrt(i) * (i % 7) / 3; }); mix(Math.floor(f.reduce((a, b) => a + b) * 1000));\n"
  "  let fact = 1n; for (let i = 1n; i <= 40; i++) fact *= i; mix(fact % 1000000007n); mix(String(fact).length);\n"
  "  for (let i = 0; i < 10 * n; i++) { try { if (i % 3 === 0) throw new RangeError('r' + i); if (i % 3 === 1) null.x; mix(i); } catch (e) { mix(e.message.length); } finally { mix(1); } }\n"
  "  const { a, ...rest } = { a: 1, b: 2, c: [3, 4] }; const [x = 9, , ...z] = [undefined, 5, 6, 7]; mix(a + rest.b + rest.c[1] + x + z.length);\n"
  "  const fib = k => k < 2 ? k : fib(k - 1) + fib(k - 2); mix(fib(14 + n % 5));\n"
  "  const p = new Proxy({}, { get: (_, k) => k.length }); mix(p.hello + p.hi); mix(`${[1, 2, 3].at(-1)}`.padStart(8, 'ab').normalize('NFD').length);\n"
  "  return h.toString();\n"
  "})";
int run(int n) {
  JSRuntime *rt = JS_NewRuntime();
  JSContext *cx = JS_NewContext(rt);
  JSValue f = JS_Eval(cx, script, sizeof script - 1, "script", JS_EVAL_TYPE_GLOBAL);
  JSValue arg = JS_NewInt32(cx, n);
  JSValue r = JS_IsException(f) ? f : JS_Call(cx, f, JS_UNDEFINED, 1, &arg);
  int result = -1;
  if (!JS_IsException(r)) {
    const char *s = JS_ToCString(cx, r);
    result = fold(hash_bytes(HASH_START, s, strlen(s)));
    JS_FreeCString(cx, s);
  }
  JS_FreeValue(cx, r), JS_FreeValue(cx, f);
  JS_FreeContext(cx), JS_FreeRuntime(rt);
  return result;
}
#ifdef __wasm__
#include "wasi-stubs.h"
#endif
