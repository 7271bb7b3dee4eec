// A Lua script that makes its own work: closures, tables, strings, patterns, sort, coroutine-free generators.
#include "driver.h"
#include "lua.h"
#include "lauxlib.h"
#include "lualib.h"

static const char script[] =
  "local n = ...\n"
  "local h = 5381\n"
  "local function mix(v) h = (h * 33 + v) % 4294967296 end\n"
  "-- sieve\n"
  "local size = 200 * n\n"
  "local sieve = {}\n"
  "for i = 2, size do sieve[i] = true end\n"
  "for i = 2, size do if sieve[i] then mix(i) for j = i * i, size, i do sieve[j] = false end end end\n"
  "-- fib, ackermann\n"
  "local function fib(x) if x < 2 then return x end return fib(x - 1) + fib(x - 2) end\n"
  "mix(fib(18 + n % 7))\n"
  "local function ack(a, b) if a == 0 then return b + 1 elseif b == 0 then return ack(a - 1, 1) else return ack(a - 1, ack(a, b - 1)) end end\n"
  "mix(ack(2, 6))\n"
  "-- objects with metatables\n"
  "local V = {} V.__index = V\n"
  "V.__add = function(a, b) return setmetatable({x = a.x + b.x, y = a.y + b.y}, V) end\n"
  "V.__eq = function(a, b) return a.x == b.x and a.y == b.y end\n"
  "function V:len() return self.x * self.x + self.y * self.y end\n"
  "local acc = setmetatable({x = 0, y = 0}, V)\n"
  "for i = 1, 50 * n do acc = acc + setmetatable({x = i % 7, y = i % 11}, V) end\n"
  "mix(acc:len())\n"
  "-- strings: formatting, patterns, concatenation, sort\n"
  "local words = {}\n"
  "for i = 1, 10 * n do words[#words + 1] = string.format('w%05d', (i * 7919) % 10007) end\n"
  "table.sort(words, function(a, b) return a < b end)\n"
  "local s = table.concat(words, ' ')\n"
  "mix(#s)\n"
  "for w in s:gmatch('w(%d+)') do mix(tonumber(w)) end\n"
  "mix(select(2, s:gsub('w0', 'v-')))\n"
  "for i = 1, #s, 97 do mix(s:byte(i)) end\n"
  "-- floats\n"
  "local f = 0.0\n"
  "for i = 1, 100 * n do f = f + math.sqrt(i) / (1 + i % 5) end\n"
  "mix(math.floor(f * 1000))\n"
  "mix(#string.format('%.6f %g %q', f, f / 3, 'a\\nb'))\n"
  "-- a queue of closures\n"
  "local q = {}\n"
  "for i = 1, 20 * n do local k = i q[#q + 1] = function(v) k = k + v return k end end\n"
  "for r = 1, 3 do for i = 1, #q do mix(q[i](r)) end end\n"
  "-- generic for over a hash part, order-independent\n"
  "local t, sum = {}, 0\n"
  "for i = 1, 20 * n do t['k' .. i] = i end\n"
  "for k, v in pairs(t) do sum = sum + #k * v end\n"
  "mix(sum)\n"
  "-- bytecode of a chunk made at run time\n"
  "local chunk = load('local a = ... local s = 0 for i = 1, a do s = s ~ (i << (i % 13)) end return s')\n"
  "mix(chunk(1000))\n"
  "return h\n";

static void *allocate(void *ud, void *p, size_t old, size_t size) {
  (void)ud, (void)old;
  if (size == 0) return free(p), NULL;
  return realloc(p, size);
}

int run(int n) {
  lua_State *L = lua_newstate(allocate, NULL);
  if (!L) return -1;
  luaL_requiref(L, "_G", luaopen_base, 1);
  luaL_requiref(L, "table", luaopen_table, 1);
  luaL_requiref(L, "string", luaopen_string, 1);
  luaL_requiref(L, "math", luaopen_math, 1);
  lua_settop(L, 0);
  if (luaL_loadbuffer(L, script, sizeof script - 1, "=script") != LUA_OK) return -2;
  lua_pushinteger(L, n);
  if (lua_pcall(L, 1, 1, 0) != LUA_OK) return -3;
  int result = fold((uint64_t)lua_tointeger(L, -1));
  lua_close(L);
  return result;
}

#ifdef __wasm__
// wasi-libc's printf and strtod would report an unsupported long double there; with a stand-in for the stream,
// the linker does not bring in the functions that write to it.
char __stderr_FILE[256];
#endif
