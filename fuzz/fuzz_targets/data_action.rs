#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| waypost_fuzz::data_action::check(input));
