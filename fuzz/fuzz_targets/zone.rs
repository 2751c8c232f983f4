//! Is a zone file read, written and read again as the same records?
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: cutover_fuzz::seeds::plant("zone"), |data: &[u8]| cutover_fuzz::texts::zone(data));
