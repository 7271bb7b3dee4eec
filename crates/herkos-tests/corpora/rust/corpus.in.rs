// What the Rust programs share: `corpus!` exports one function of its size to wasm; natively, main prints the
// expectations for the sizes given, a panic being the `unreachable` that it is in wasm.

macro_rules! corpus {
    ($name:ident: $result:ident, $compute:path) => {
        #[cfg(target_arch = "wasm32")]
        #[no_mangle]
        pub extern "C" fn $name(n: i32) -> $result {
            $compute(n)
        }

        #[cfg(not(target_arch = "wasm32"))]
        fn main() {
            std::panic::set_hook(Box::new(|_| ()));
            for n in std::env::args().skip(1) {
                let n: i32 = n.parse().unwrap();
                match std::panic::catch_unwind(|| $compute(n)) {
                    Ok(v) => println!(
                        "invoke {} i32:{n} = {}:{v}",
                        stringify!($name),
                        stringify!($result)
                    ),
                    Err(_) => {
                        println!("invoke {} i32:{n} = trap unreachable", stringify!($name))
                    }
                }
            }
        }
    };
}

/// FNV-1a, to sum up results.
#[allow(dead_code)]
fn mix(hash: u64, value: u64) -> u64 {
    value.to_le_bytes().iter().fold(hash, |h, &b| {
        (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3)
    })
}

/// xorshift64: the same numbers on every machine.
#[allow(dead_code)]
fn next_random(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}
