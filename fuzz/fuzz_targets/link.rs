//! `herkos_tests::fuzz::link`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Err(error) = herkos_tests::fuzz::link(data) {
        panic!("{error:#}");
    }
});
