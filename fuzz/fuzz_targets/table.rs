//! Is a list of expected records with columns read without harm?
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: cutover_fuzz::seeds::plant("table"), |data: &[u8]| cutover_fuzz::lists::table(data));
