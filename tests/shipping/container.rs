//! Is the image one binary for an ordinary user, made of what the repository has?

use std::process::Command;

use super::{path, rust_version, text};

/// Instructions with their arguments, continued lines joined.
fn instructions() -> Vec<(String, String)> {
    let text = text(".github/container/Containerfile").replace("\\\n", " ");
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            line.split_once(' ').map(|(word, rest)| (word.to_owned(), rest.trim().to_owned())).unwrap()
        })
        .collect()
}

#[test]
fn the_image_has_one_program_and_an_ordinary_user() {
    let all = instructions();
    let known = ["ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "FROM", "RUN", "USER", "WORKDIR"];
    assert!(all.iter().all(|(word, _)| known.contains(&word.as_str())), "{all:?}");
    let stages: Vec<&str> =
        all.iter().filter(|(word, _)| word == "FROM").map(|(_, rest)| rest.as_str()).collect();
    let base = format!("RUST=docker.io/library/rust:{}-alpine", rust_version());
    assert!(all.contains(&("ARG".to_owned(), base)), "{all:?}");
    assert_eq!(stages, ["${RUST} AS build", "scratch"]);
    let last = all.iter().rposition(|(word, _)| word == "FROM").unwrap();
    let last: Vec<(&str, &str)> =
        all[last..].iter().map(|(word, rest)| (word.as_str(), rest.as_str())).collect();
    assert!(last.iter().all(|(word, _)| *word != "RUN"), "there is no shell in it: {last:?}");
    assert!(last.contains(&("USER", "65532:65532")) && last.contains(&("ENTRYPOINT", "[\"/cutover\"]")));
    let certificates = "/etc/ssl/certs/ca-certificates.crt";
    assert!(last.iter().any(|(word, rest)| *word == "COPY" && rest.ends_with(certificates)));
    assert!(last.contains(&("ENV", &format!("SSL_CERT_FILE={certificates}"))));
}

#[test]
#[cfg_attr(windows, ignore = "copies with `cp`, for an image of Linux")]
fn what_is_copied_is_enough_to_build() {
    let all = instructions();
    let copies = all.iter().filter(|(word, rest)| word == "COPY" && !rest.starts_with("--from="));
    let directory = tempfile::tempdir().unwrap();
    for (_, rest) in copies {
        let words: Vec<&str> = rest.split_whitespace().collect();
        let (target, sources) = words.split_last().unwrap();
        for source in sources {
            let from = path(source);
            assert!(from.exists(), "{source}");
            if from.is_dir() {
                assert_eq!(source, target);
            }
            let copied = Command::new("cp").arg("-r").arg(&from).arg(directory.path()).status();
            assert!(copied.unwrap().success(), "{source}");
        }
    }
    // Cargo looks for every target that the manifest names; what the sources include is in `src` itself.
    let mut cargo = Command::new(env!("CARGO"));
    let output = cargo
        .args(["metadata", "--no-deps", "--locked", "--offline", "--format-version", "1"])
        .current_dir(directory.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let run = all.iter().find(|(word, rest)| word == "RUN" && rest.contains("cargo build")).unwrap();
    assert!(run.1.contains("--locked") && run.1.contains("--release"), "{run:?}");
}
