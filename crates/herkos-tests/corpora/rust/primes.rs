//! Without the standard library and without a heap: 128-bit modular arithmetic, Miller and Rabin's test, Pollard's rho,
//! checked arithmetic that panics.
// sizes: 0 1 50 400 -1
#![cfg_attr(target_arch = "wasm32", no_std, no_main)]

include!("corpus.in.rs");

#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

fn mul(a: u64, b: u64, m: u64) -> u64 {
    (u128::from(a) * u128::from(b) % u128::from(m)) as u64
}

fn pow(mut base: u64, mut exponent: u64, m: u64) -> u64 {
    let mut r = 1 % m;
    while exponent > 0 {
        if exponent & 1 == 1 {
            r = mul(r, base, m);
        }
        base = mul(base, base, m);
        exponent >>= 1;
    }
    r
}

/// Miller-Rabin with the bases that decide every 64-bit number.
fn is_prime(n: u64) -> bool {
    const BASES: [u64; 12] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37];
    if n < 2 {
        return false;
    }
    if let Some(&p) = BASES.iter().find(|&&p| n % p == 0) {
        return n == p;
    }
    let shift = (n - 1).trailing_zeros();
    let odd = (n - 1) >> shift;
    BASES.iter().all(|&a| {
        let mut x = pow(a, odd, n);
        x == 1
            || (0..shift).any(|_| {
                let found = x == n - 1;
                x = mul(x, x, n);
                found
            })
    })
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 {
        a
    } else {
        gcd(b, a % b)
    }
}

/// A divisor of a composite number (Pollard's rho, Floyd's cycle search).
fn divisor(n: u64) -> u64 {
    if n % 2 == 0 {
        return 2;
    }
    (1..)
        .find_map(|c| {
            let step = |x: u64| ((u128::from(x) * u128::from(x) + c) % u128::from(n)) as u64;
            let (mut slow, mut fast) = (2, 2);
            loop {
                slow = step(slow);
                fast = step(step(fast));
                match gcd(slow.abs_diff(fast), n) {
                    1 => {}
                    d if d == n => return None,
                    d => return Some(d),
                }
            }
        })
        .unwrap()
}

fn factors(n: u64, found: &mut [u64; 64], count: &mut usize) {
    if n == 1 {
    } else if is_prime(n) {
        found[*count] = n;
        *count += 1;
    } else {
        let d = divisor(n);
        factors(d, found, count);
        factors(n / d, found, count);
    }
}

fn compute(n: i32) -> i64 {
    // A negative size does not fit: the conversion panics.
    let n = u64::try_from(n).unwrap();
    let (mut h, mut seed) = (0, 77);
    for i in 0..n {
        let number = next_random(&mut seed) >> (20 + i % 40);
        if number == 0 {
            continue;
        }
        let (mut found, mut count) = ([0; 64], 0);
        factors(number, &mut found, &mut count);
        found[..count].sort_unstable();
        assert_eq!(found[..count].iter().product::<u64>(), number);
        h = found[..count]
            .iter()
            .fold(mix(h, number), |h, &p| mix(h, p));
    }
    h as i64
}

corpus!(prime_factors: i64, compute);
