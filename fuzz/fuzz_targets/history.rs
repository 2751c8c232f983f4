//! Is a history read, written and read again as the same sightings?
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: cutover_fuzz::seeds::plant("history"), |data: &[u8]| cutover_fuzz::texts::history(data));
