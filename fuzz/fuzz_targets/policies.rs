//! Are the texts of SPF, DMARC, MTA-STS and TLS reports judged, whatever they say?
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: cutover_fuzz::seeds::plant("policies"), |data: &[u8]| cutover_fuzz::whole::policies(data));
