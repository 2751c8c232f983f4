//! Does an earlier report end in a result or in an error that can be printed?
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: cutover_fuzz::seeds::plant("resume"), |data: &[u8]| cutover_fuzz::desk::resume(data));
