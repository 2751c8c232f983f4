//! Is a recording read, written and read again as the same answers?
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: cutover_fuzz::seeds::plant("recording"), |data: &[u8]| cutover_fuzz::texts::recording(data));
