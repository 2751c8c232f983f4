//! Is the JSON of PowerShell read without harm?
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: cutover_fuzz::seeds::plant("powershell"), |data: &[u8]| cutover_fuzz::lists::powershell(data));
