//! Is the JSON of Microsoft Graph read without harm?
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: cutover_fuzz::seeds::plant("graph"), |data: &[u8]| cutover_fuzz::lists::graph(data));
