//! Are any answers judged, planned for and reported in every format?
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: cutover_fuzz::seeds::plant("replies"), |data: &[u8]| cutover_fuzz::whole::replies(data));
