#![no_main]

// The parser of responses panics on some, which is caught: only what is not caught counts.
libfuzzer_sys::fuzz_target!(
    init: std::panic::set_hook(Box::new(|_| ())),
    |input: &[u8]| waypost_fuzz::imap_responses::check(input)
);
