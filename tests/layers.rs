//! Does every module name only modules of lower layers?
//!
//! The table of `src/lib.rs`, held by machine: paths, doc links and examples of every source file are
//! read. The reader is tried on bad samples first, so that it cannot pass by seeing nothing.

mod circles;
pub mod reader;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use circles::Modules;
use reader::{Source, tree};

/// Each layer and the layers that it may name, the lowest first.
const LAYERS: &[(&str, &[&str])] = &[
    ("record", &[]),
    ("provider", &["record"]),
    ("expected", &["provider", "record"]),
    ("facts", &["record"]),
    ("lookup", &["facts", "record"]),
    ("check", &["expected", "facts", "provider", "record"]),
    ("plan", &["check", "expected", "facts", "provider", "record"]),
    ("report", &["check", "expected", "facts", "plan", "provider", "record"]),
    ("run", &["check", "expected", "facts", "lookup", "plan", "provider", "record", "report"]),
    ("serve", &["check", "expected", "facts", "plan", "provider", "record", "report", "run"]),
    (
        "cli",
        &["check", "expected", "facts", "lookup", "plan", "provider", "record", "report", "run", "serve"],
    ),
];

/// Layers that may still have circles of imports.
const CIRCLED: &[&str] = &[];

/// Libraries that only some layers may name, since the lower ones build without them.
const KEPT_APART: &[(&str, &[&str])] = &[
    ("tokio", &["lookup", "run", "serve", "cli"]),
    ("hickory_resolver", &["lookup"]),
    ("hickory_proto", &["lookup"]),
    ("futures_util", &["lookup", "run", "cli"]),
    ("rustls", &["lookup"]),
    ("tokio_rustls", &["lookup"]),
    ("hyper", &["lookup", "serve"]),
    ("hyper_util", &["lookup", "serve"]),
    ("rusqlite", &["serve"]),
    ("sd_listen_fds", &["serve"]),
    ("clap", &["cli"]),
    ("anstream", &["cli"]),
    ("terminal_size", &["cli"]),
    ("indicatif", &["cli"]),
];

/// Layers that may lift a ban of `.clippy.toml`: those that use the network, files, the environment and the
/// clock.
const WITH_IO: &[&str] = &["lookup", "run", "serve", "cli"];

#[test]
fn every_module_names_only_modules_below_it() {
    let faults: Vec<String> =
        sources().iter().flat_map(|(path, source)| upward_names(path, source)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn imports_do_not_go_in_circles() {
    let sources = sources();
    let modules = Modules::new(&sources);
    let is_opened =
        |circle: &Vec<&Path>| !circle.iter().any(|path| CIRCLED.iter().any(|layer| path.starts_with(layer)));
    let circles: Vec<Vec<&Path>> = modules.circles().into_iter().filter(is_opened).collect();
    let shown: Vec<String> = circles.iter().map(|circle| modules.arrows(circle).join("\n")).collect();
    assert!(circles.is_empty(), "{} circles:\n{}", circles.len(), shown.join("\n\n"));
}

#[test]
fn every_circle_is_seen() {
    let sample = |files: &[(&str, &str)]| -> usize {
        let read = |(path, text): &(&str, &str)| (PathBuf::from(path), Source::read(text));
        let sources: BTreeMap<PathBuf, Source> = files.iter().map(read).collect();
        Modules::new(&sources).circles().len()
    };
    let parent = ("src/check/mod.rs", "mod a; mod b; pub use a::A; pub(crate) use b::{B, c as d};");
    for (circles, a, b) in [
        (1, "use super::b::B; pub struct A;", "use super::a::A; pub struct B;"),
        (1, "use super::B; pub struct A;", "use super::{A, d}; pub struct B;"),
        (1, "use super::d as e; pub struct A;", "use crate::check::A; pub fn c() {}"),
        (1, "pub struct A; fn f() { super::b::c(); }", "pub fn c() -> crate::check::A { todo!() }"),
        (1, "use super::b; pub struct A; fn f() { b::c(); }", "use super::a; pub fn c() { a::g(); }"),
        (0, "use super::B; pub struct A;", "use super::b::c; pub struct B;"),
        (0, "use super::b::B; pub struct A;", "#[cfg(test)] mod tests { use super::super::A; }"),
        (
            0,
            "use super::b::B; pub struct A;",
            "/// As [`super::A`]. use super::A;\nstruct B; // use super::A;",
        ),
        (0, "use super::own; use tokio::a::b; pub struct A;", "use super::a::{self, A}; pub struct B;"),
    ] {
        let found = sample(&[parent, ("src/check/a.rs", a), ("src/check/b.rs", b)]);
        assert_eq!(found, circles, "{a}\n{b}");
    }
    let child = ("src/check/a/c.rs", "use super::A; use super::super::b::B; pub struct C;");
    let files =
        |b| [parent, ("src/check/a.rs", "mod c; pub use c::C; pub struct A;"), child, ("src/check/b.rs", b)];
    assert_eq!(sample(&files("pub struct B;")), 0);
    assert_eq!(sample(&files("use super::a::C; pub struct B;")), 1, "by way of a child");
}

#[test]
fn libraries_are_named_in_their_layers_only() {
    let faults: Vec<String> = sources().iter().flat_map(|(path, source)| misplaced(path, source)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn nothing_is_unwrapped_outside_tests() {
    let faults: Vec<String> = sources().iter().flat_map(|(path, source)| unwrapped(path, source)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn bans_are_lifted_in_layers_with_io_only() {
    let faults: Vec<String> = sources().iter().flat_map(|(path, source)| lifted(path, source)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_layers_are_the_crate() {
    let tops: BTreeSet<String> = sources().keys().filter_map(|path| layer(path)).collect();
    let listed: BTreeSet<String> = LAYERS.iter().map(|(layer, _)| (*layer).to_owned()).collect();
    assert_eq!(tops, listed);
    for (index, (layer, below)) in LAYERS.iter().enumerate() {
        let earlier: Vec<&str> = LAYERS[..index].iter().map(|(layer, _)| *layer).collect();
        assert!(below.iter().all(|below| earlier.contains(below)), "{layer} names a layer above it");
    }
}

#[test]
fn the_reader_sees_the_whole_crate() {
    let sources = sources();
    assert!(sources.len() > 50, "{} files", sources.len());
    let named: usize = sources.iter().map(|(path, source)| named(path, source).len()).sum();
    assert!(named > 100, "{named} paths");
}

#[test]
fn every_way_to_name_a_higher_layer_is_seen() {
    for (path, text) in [
        ("src/record/name.rs", "use crate::check::Code;"),
        ("src/record/name.rs", "use crate::{\n    record::Text,\n    check::{Code, Topic},\n};"),
        ("src/record/name.rs", "use crate::{self as root};"),
        ("src/record/name.rs", "fn f() -> crate :: facts::Facts { todo!() }"),
        ("src/record/name.rs", "use super::super::facts::Facts;"),
        ("src/record/mod.rs", "use super::facts;"),
        ("src/record/name.rs", "/// As [`crate::facts::Facts`] has it.\nstruct A;"),
        ("src/record/name.rs", "//! [facts](crate::facts)"),
        ("src/record/name.rs", "/// use cutover::cli::run;\nfn f() {}"),
        ("src/record/name.rs", "use crate as root;"),
        ("src/record/name.rs", "use crate::*;"),
        ("src/check/spf.rs", "#[cfg(test)]\nmod tests { use crate::lookup::survey; }"),
        ("src/lookup/survey.rs", "use crate::check::wanted;"),
        ("src/expected/mod.rs", "use crate::facts::Facts;"),
        ("src/facts/mod.rs", "use crate::expected::Phase;"),
        ("src/plan/mod.rs", "use crate::report::Report;"),
        ("src/report/view.rs", "use crate::lookup::Source;"),
        ("src/report/view.rs", "use crate::nowhere::Source;"),
        ("src/report/view.rs", "use crate::run::Checked;"),
        ("src/run/names.rs", "use crate::cli::Surroundings;"),
        ("src/run/names.rs", "use crate::serve::ServeOptions;"),
        ("src/serve/pages.rs", "use crate::lookup::Source;"),
    ] {
        assert_eq!(upward_names(Path::new(path), &Source::read(text)).len(), 1, "{path}: {text}");
    }
}

#[test]
fn what_is_not_a_path_is_not_a_name() {
    for (path, text) in [
        (
            "src/record/name.rs",
            "// use crate::check;\n/* crate::cli /* crate::cli */ crate::cli */ fn f() {}",
        ),
        ("src/record/name.rs", "const A: &str = \"crate::cli \\\" crate::cli\"; const B: char = '\"';"),
        (
            "src/record/name.rs",
            "const A: &[u8] = br##\"crate::cli \"# crate::cli\"##; fn f<'a>(x: &'a str) {}",
        ),
        ("src/record/name.rs", "pub(crate) fn f() {} pub(in crate::record) fn g() {} use super::facts;"),
        (
            "src/check/spf/edit.rs",
            "use super::super::facts; use crate::{record::{Name, facts}, facts::Facts};",
        ),
        ("src/main.rs", "use cutover::cli::run;"),
        ("src/lib.rs", "pub use crate::cli::run;"),
    ] {
        assert_eq!(
            upward_names(Path::new(path), &Source::read(text)),
            Vec::<String>::new(),
            "{path}: {text}"
        );
    }
}

#[test]
fn misplaced_libraries_are_seen() {
    for (path, text, count) in [
        ("src/check/mod.rs", "use tokio::time;", 1),
        ("src/check/mod.rs", "#[tokio::test] async fn f() {}", 1),
        ("src/report/mod.rs", "use ::clap::Parser; use hickory_resolver as dns;", 2),
        ("src/lookup/mod.rs", "use clap::Parser; use tokio::net;", 1),
        ("src/cli/mod.rs", "use clap::Parser; use tokio::net;", 0),
        ("src/run/mod.rs", "use clap::Parser; use tokio::net; use indicatif::ProgressBar;", 2),
        ("src/check/mod.rs", "// tokio\nconst A: &str = \"clap\"; /// clap is in `cli`\nstruct B;", 0),
    ] {
        assert_eq!(misplaced(Path::new(path), &Source::read(text)).len(), count, "{path}: {text}");
    }
}

#[test]
fn unwrapping_is_seen_outside_tests_only() {
    let path = Path::new("src/check/mod.rs");
    for (text, count) in [
        ("fn f() { a.unwrap(); }", 1),
        ("fn f() { a\n    .unwrap (\n) }", 1),
        ("fn f() { a.map(Option::unwrap) }", 1),
        ("fn f() { a.unwrap_or_default(); } /// a.unwrap()\nstruct A; // .unwrap()", 0),
        ("#[cfg(test)]\nmod tests { fn f() { a.unwrap(); { b.unwrap() } } }\nfn g() { c.unwrap() }", 1),
        ("#[cfg(test)]\n#[path = \"x\"]\nmod tests;\nfn g() { c.unwrap() }", 1),
    ] {
        assert_eq!(unwrapped(path, &Source::read(text)).len(), count, "{text}");
    }
}

#[test]
fn lifted_bans_are_seen() {
    for (path, text, count) in [
        ("src/check/mod.rs", "#[allow(clippy::disallowed_methods)] fn f() {}", 1),
        ("src/check/mod.rs", "#![expect(dead_code, clippy::disallowed_macros, reason = \"x\")]", 1),
        ("src/check/mod.rs", "#[cfg_attr(test, allow(clippy :: disallowed_types))] fn f() {}", 1),
        ("src/check/mod.rs", "#[allow(clippy::all)] fn f() {}", 0),
        ("src/lookup/pace.rs", "#[allow(clippy::disallowed_methods)] fn f() {}", 0),
    ] {
        assert_eq!(lifted(Path::new(path), &Source::read(text)).len(), count, "{path}: {text}");
    }
}

/// Every source file below `src`, by its path.
fn sources() -> BTreeMap<PathBuf, Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = tree(&root.join("src"));
    let of = |file: PathBuf| (file.strip_prefix(root).unwrap().to_owned(), Source::of_file(&file));
    files.into_iter().map(of).collect()
}

/// The layer that a file belongs to; none for `lib.rs` and `main.rs`.
fn layer(path: &Path) -> Option<String> {
    let below = path.strip_prefix("src").unwrap().with_extension("");
    let first = below.iter().next().unwrap().to_string_lossy().into_owned();
    (first != "lib" && first != "main").then_some(first)
}

/// How many modules up a `super` may go before it leaves those of the crate: `src/check/spf.rs` is two deep.
fn depth(path: &Path) -> usize {
    let below = path.strip_prefix("src").unwrap().with_extension("");
    below.iter().filter(|part| *part != "mod").count()
}

/// The modules at the top of the crate that a file names.
fn named(path: &Path, source: &Source) -> Vec<String> {
    let is_top = |name: &String| LAYERS.iter().any(|(layer, _)| layer == name);
    let mut named = source.named_from("crate");
    named.extend(source.named_from("cutover"));
    named.extend(source.named_above(depth(path)).into_iter().filter(is_top));
    named
}

fn upward_names(path: &Path, source: &Source) -> Vec<String> {
    let Some(layer) = layer(path) else { return Vec::new() };
    let (_, below) = LAYERS.iter().find(|(known, _)| *known == layer).copied().unwrap_or_default();
    let allowed = |name: &String| *name == layer || below.contains(&name.as_str());
    let upward = named(path, source).into_iter().filter(|name| !allowed(name));
    upward.map(|name| format!("{} names `{name}`, which is not below `{layer}`", path.display())).collect()
}

fn misplaced(path: &Path, source: &Source) -> Vec<String> {
    // The program itself belongs to the command line.
    let layer = layer(path).unwrap_or_else(|| "cli".into());
    let kept = KEPT_APART.iter().filter(|(_, layers)| !layers.contains(&layer.as_str()));
    let found = kept.filter(|(library, _)| source.has_word(library));
    found.map(|(library, _)| format!("{} names `{library}`", path.display())).collect()
}

fn unwrapped(path: &Path, source: &Source) -> Vec<String> {
    vec![format!("{} unwraps", path.display()); source.unwraps()]
}

fn lifted(path: &Path, source: &Source) -> Vec<String> {
    if layer(path).is_some_and(|layer| WITH_IO.contains(&layer.as_str())) {
        return Vec::new();
    }
    vec![format!("{} lifts a ban", path.display()); source.lifted_bans()]
}
