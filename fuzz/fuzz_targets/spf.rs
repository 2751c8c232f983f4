//! Is an SPF record written as it was read, term by term?
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: cutover_fuzz::seeds::plant("spf"), |data: &[u8]| cutover_fuzz::texts::spf(data));
