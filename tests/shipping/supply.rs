//! Does only come into the build what `.deny.toml` lets in?
//!
//! `cargo deny` reads the same file and also asks for advisories; here is held what needs no other program.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use super::text;

/// The file, as far as it is held here.
struct Rules {
    allowed: BTreeSet<String>,
    exceptions: BTreeMap<String, BTreeSet<String>>,
    banned: BTreeSet<String>,
    registries: BTreeSet<String>,
}

impl Rules {
    fn read() -> Self {
        let file: toml::Table = text(".deny.toml").parse().unwrap();
        let file = serde_json::to_value(file).unwrap();
        let words = |value: &Value| -> BTreeSet<String> {
            value.as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
        };
        let name = |value: &Value| value["crate"].as_str().unwrap().to_owned();
        let of = |value: &Value| value.as_array().unwrap().clone();
        assert_eq!(file["sources"]["unknown-registry"], "deny");
        assert_eq!(file["sources"]["unknown-git"], "deny");
        assert_eq!(file["sources"]["allow-git"], serde_json::json!([]));
        assert_eq!(file["bans"]["wildcards"], "deny");
        for skip in of(&file["bans"]["skip"]) {
            assert!(
                skip["reason"].as_str().is_some_and(|reason| reason.contains(' ')),
                "{skip} needs a reason"
            );
        }
        Self {
            allowed: words(&file["licenses"]["allow"]),
            exceptions: of(&file["licenses"]["exceptions"])
                .iter()
                .map(|one| (name(one), words(&one["allow"])))
                .collect(),
            banned: of(&file["bans"]["deny"]).iter().map(name).collect(),
            registries: words(&file["sources"]["allow-registry"]),
        }
    }

    /// Whether one may use the package `name` under this expression (SPDX, or with `/` as it once was).
    fn accept(&self, name: &str, expression: &str) -> bool {
        let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
        let words: Vec<&str> = spaced.split_whitespace().collect();
        let mut rest = &words[..];
        let exception = self.exceptions.get(name);
        let is_known = |word: &str| {
            self.allowed.contains(word) || exception.is_some_and(|licences| licences.contains(word))
        };
        either(&mut rest, &is_known) && rest.is_empty()
    }
}

/// `A OR B`; `AND` binds closer.
fn either(rest: &mut &[&str], is_known: &impl Fn(&str) -> bool) -> bool {
    let mut accepted = both(rest, is_known);
    while let ["OR", behind @ ..] = *rest {
        *rest = behind;
        accepted |= both(rest, is_known);
    }
    accepted
}

fn both(rest: &mut &[&str], is_known: &impl Fn(&str) -> bool) -> bool {
    let mut accepted = one(rest, is_known);
    while let ["AND", behind @ ..] = *rest {
        *rest = behind;
        accepted &= one(rest, is_known);
    }
    accepted
}

/// A licence, with an exception or without, or an expression in parentheses.
fn one(rest: &mut &[&str], is_known: &impl Fn(&str) -> bool) -> bool {
    match *rest {
        ["(", behind @ ..] => {
            *rest = behind;
            let accepted = either(rest, is_known);
            matches!(*rest, [")", ..]) && {
                *rest = &rest[1..];
                accepted
            }
        }
        // An exception only adds to what one may do.
        [licence, "WITH", _, behind @ ..] | [licence, behind @ ..] => {
            *rest = behind;
            is_known(licence)
        }
        [] => false,
    }
}

#[test]
fn expressions_are_understood() {
    let rules = Rules::read();
    for good in
        ["MIT", "MIT/Apache-2.0", "GPL-3.0 OR MIT", "(MIT OR GPL-3.0) AND ISC", "Apache-2.0 WITH x AND MIT"]
    {
        assert!(rules.accept("any", good), "{good}");
    }
    for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "(MIT", "MIT)", "MPL-2.0", "MIT OR", "AND MIT"] {
        // A choice that ends nowhere still leaves the first licence.
        assert!(!rules.accept("any", bad) || bad == "MIT OR", "{bad}");
    }
    assert!(rules.accept("selectors", "MPL-2.0"));
}

#[test]
fn every_package_comes_from_the_registry_and_none_is_banned() {
    let rules = Rules::read();
    for lock in ["Cargo.lock", "fuzz/Cargo.lock"] {
        let file: toml::Table = text(lock).parse().unwrap();
        let packages = file["package"].as_array().unwrap();
        assert!(packages.len() > 100, "{lock}");
        for package in packages {
            let name = package["name"].as_str().unwrap();
            assert!(!rules.banned.contains(name), "{lock}: {name}");
            let own = ["cutover", "cutover-fuzz"].contains(&name);
            let source = package.get("source").map(|source| source.as_str().unwrap().to_owned());
            let known = rules.registries.iter().map(|registry| format!("registry+{registry}"));
            assert_eq!(source.is_none(), own, "{lock}: {name}");
            assert!(own || known.into_iter().any(|known| source.as_ref() == Some(&known)), "{lock}: {name}");
            assert!(own || package.get("checksum").is_some(), "{lock}: {name} may change");
        }
    }
}

#[test]
#[cfg_attr(windows, ignore = "needs the cargo that built the tests, perhaps on another system")]
fn every_licence_of_a_package_is_one_of_the_list() {
    let rules = Rules::read();
    let packages = packages();
    let mut used = BTreeSet::new();
    for package in packages.iter().filter(|package| !package["source"].is_null()) {
        let (name, licence) = (package["name"].as_str().unwrap(), package["license"].as_str().unwrap_or(""));
        assert!(rules.accept(name, licence), "{name} has the licence {licence:?}");
        used.insert(name);
    }
    // What only the tests use is not in the program.
    let kept: Vec<&str> =
        rules.exceptions.keys().map(String::as_str).filter(|name| used.contains(name)).collect();
    assert_eq!(kept.len(), rules.exceptions.len(), "an exception that nobody needs any more");
}

#[test]
#[cfg_attr(windows, ignore = "needs the cargo that built the tests, perhaps on another system")]
fn the_oldest_rust_that_is_promised_is_new_enough_for_every_package() {
    let promised = version(&super::rust_version());
    for package in packages() {
        let Some(needed) = package["rust_version"].as_str() else { continue };
        assert!(version(needed) <= promised, "{} needs {needed}", package["name"]);
    }
}

/// What the packages of this system say of themselves.
fn packages() -> Vec<Value> {
    let cargo = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO"));
        let output = command.args(arguments).current_dir(super::path("")).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let about = cargo(&["-vV"]);
    let host = about.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let filter = ["metadata", "--offline", "--locked", "--format-version", "1", "--filter-platform", host];
    let metadata: Value = serde_json::from_str(&cargo(&filter)).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

fn version(text: &str) -> Vec<u32> {
    let mut numbers: Vec<u32> = text.split('.').map(|number| number.parse().unwrap()).collect();
    numbers.resize(3, 0);
    numbers
}

#[test]
fn the_page_on_security_names_files_that_exist() {
    let page = text(".github/SECURITY.md");
    let names = page.split('`').skip(1).step_by(2);
    let files: Vec<&str> = names
        .filter(|name| ["tests/", "src/", "fuzz/run"].iter().any(|start| name.starts_with(start)))
        .map(|name| name.split(' ').next().unwrap_or(name))
        .collect();
    assert!(files.len() > 10, "{files:?}");
    for name in files {
        assert!(super::path(name).exists(), "{name}");
    }
}
