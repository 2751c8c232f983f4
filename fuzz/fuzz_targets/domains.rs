//! Does a list of domains end in results or in an error that can be printed?
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: cutover_fuzz::seeds::plant("domains"), |data: &[u8]| cutover_fuzz::desk::domains(data));
