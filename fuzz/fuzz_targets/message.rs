//! Does any datagram end in a reply?
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: cutover_fuzz::seeds::plant("message"), |data: &[u8]| cutover_fuzz::wire::message(data));
