// wasm has no longjmp; a Lua error ends the driver instead (see LUAI_THROW in build.sh).
typedef int jmp_buf[1];
