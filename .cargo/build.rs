//! Tells the program which commit it is built from, and for which target: `cutover --version` prints both.
//!
//! The commit comes from `CUTOVER_COMMIT`, else from what `cargo package` wrote down, else from git. Without any of them, as
//! in a plain tarball, it is unknown, and the build goes on. A debug build does not ask git: every commit would then build
//! everything anew.
#![expect(clippy::disallowed_macros, reason = "a build script speaks to cargo on its standard output")]
#![expect(clippy::disallowed_methods, reason = "a build script reads its environment and its package")]

use std::path::Path;
use std::process::Command;

/// Digits of a commit that are shown.
const SHOWN: usize = 12;

fn main() {
    println!("cargo::rerun-if-changed=.cargo/build.rs");
    println!("cargo::rerun-if-env-changed=CUTOVER_COMMIT");
    let is_debug = variable("PROFILE").as_deref() == Some("debug");
    let named = variable("CUTOVER_COMMIT").and_then(|text| commit(&text));
    let recorded = named.or_else(packaged).or_else(|| if is_debug { None } else { checked_out() });
    let unknown = if is_debug { "not recorded in a debug build" } else { "unknown" };
    println!("cargo::rustc-env=CUTOVER_COMMIT={}", recorded.as_deref().unwrap_or(unknown));
    println!("cargo::rustc-env=CUTOVER_TARGET={}", variable("TARGET").as_deref().unwrap_or("unknown"));
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The hash in a text, shortened; `None` if it is not one.
fn commit(text: &str) -> Option<String> {
    let text = text.trim().to_ascii_lowercase();
    let is_hash = (7..=64).contains(&text.len()) && text.bytes().all(|octet| octet.is_ascii_hexdigit());
    is_hash.then(|| text.chars().take(SHOWN).collect())
}

/// What `cargo package` wrote into the package.
fn packaged() -> Option<String> {
    let path = ".cargo_vcs_info.json";
    if !Path::new(path).exists() {
        return None;
    }
    println!("cargo::rerun-if-changed={path}");
    let text = std::fs::read_to_string(path).ok()?;
    let (_, rest) = text.split_once("\"sha1\"")?;
    commit(rest.split('"').nth(1)?)
}

/// The commit that is checked out, if this very directory is the root of a repository.
fn checked_out() -> Option<String> {
    let root = git(&["rev-parse", "--show-toplevel"])?;
    let here = std::env::current_dir().ok()?.canonicalize().ok()?;
    if Path::new(&root).canonicalize().ok()? != here {
        return None;
    }
    for file in ["HEAD", "logs/HEAD"] {
        let path = git(&["rev-parse", "--git-path", file]).filter(|path| Path::new(path).exists());
        path.iter().for_each(|path| println!("cargo::rerun-if-changed={path}"));
    }
    commit(&git(&["rev-parse", "HEAD"])?)
}

fn git(arguments: &[&str]) -> Option<String> {
    let output =
        Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}
