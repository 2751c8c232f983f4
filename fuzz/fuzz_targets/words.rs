//! Do quoted words, names and record data go both ways?
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: cutover_fuzz::seeds::plant("words"), |data: &[u8]| cutover_fuzz::texts::words(data));
