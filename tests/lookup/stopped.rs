//! Does the program itself end as it should when it is told to stop?

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Child;

use super::{Estate, OLD_MX, version};
use crate::run::{self, program};

/// The program, watching in real time, and what it wrote until it said how things stand.
fn watching(estate: &Estate) -> (Child, BufReader<std::process::ChildStdout>, String) {
    let options = estate.options();
    let words = format!("watch contoso.com {options}");
    let mut child = program(&words, &std::env::temp_dir()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    (child, out, line)
}

#[test]
fn a_signal_ends_a_watch_with_the_last_state_and_its_status() {
    for (signal, mx, verdict, status) in
        [("-INT", "", "waiting", 4), ("-TERM", "", "waiting", 4), ("-INT", OLD_MX, "changes-needed", 1)]
    {
        let estate = Estate::new();
        estate.publish(&version(1, mx));
        estate.resolver.remember("contoso.com", "@ 600 MX 10 mx1.emailsrvr.com.");
        let (mut child, mut out, first) = watching(&estate);
        assert!(first.contains(&format!("contoso.com: {verdict}")), "{first}");
        run::signal(signal, &child);
        let mut rest = String::new();
        out.read_to_string(&mut rest).unwrap();
        let mut errors = String::new();
        child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(status), "{signal}: {rest}{errors}");
        assert!(rest.contains("mx1.emailsrvr.com") && rest.contains("Next:"), "{signal}: {rest}");
        assert_eq!(errors, "", "{signal}");
    }
}

#[test]
fn a_signal_before_anything_is_known_leaves_the_verdict_open() {
    let estate = Estate::new();
    estate.all_say(&crate::lab::Say::Nothing);
    let words = format!("watch contoso.com --timeout 5 --resolver {}", estate.resolver.address());
    let mut child = program(&words, &std::env::temp_dir()).spawn().unwrap();
    // It listens for signals before it asks.
    let start = std::time::Instant::now();
    while estate.resolver.packets() == 0 {
        assert!(start.elapsed().as_secs() < 20, "nobody was asked");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    std::thread::sleep(std::time::Duration::from_millis(50));
    run::signal("-INT", &child);
    let (mut out, mut err) = (String::new(), String::new());
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!((child.wait().unwrap().code(), out.as_str()), (Some(3), ""), "{err}");
    assert!(err.contains("nothing is known yet"), "{err}");
}
