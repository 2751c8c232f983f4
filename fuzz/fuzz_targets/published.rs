//! Does a published plan leave nothing to plan, whatever the zone was?
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: cutover_fuzz::seeds::plant("published"), |data: &[u8]| cutover_fuzz::whole::published(data));
