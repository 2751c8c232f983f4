//! Do the manifests of package managers name files that a release has, and what is in them?
//!
//! `.ci/packages` builds and installs the packages themselves.

use std::collections::BTreeSet;
use std::process::Command;

use cutover::cli::accepts;
use serde_json::Value;

use super::{path, text, word, yaml};
use crate::run::Workspace;

const PACKAGING: &str = ".github/packaging";

/// The archives that a release builds.
fn archives() -> Vec<String> {
    let release = yaml(".github/workflows/release.yml");
    let matrix = release["jobs"]["build"]["strategy"]["matrix"]["include"].as_array().unwrap().clone();
    let name = |row: &Value| {
        let target = word(&row["target"], "target").to_owned();
        let end = if target.contains("windows") { "zip" } else { "tar.gz" };
        format!("cutover-{target}.{end}")
    };
    matrix.iter().map(name).collect()
}

/// A field of the package in Cargo.toml.
fn package(field: &str) -> Value {
    let manifest: toml::Table = text("Cargo.toml").parse().unwrap();
    serde_json::to_value(&manifest["package"][field]).unwrap()
}

/// A checksum that is another one for each archive.
fn checksum(number: usize) -> String {
    format!("{:064x}", 0xabcd + number)
}

/// The templates filled in for these lines of SHA256SUMS; the error of the script where it refuses. `None` where there is
/// no bash.
fn rendered(sums: &str) -> Option<Result<Workspace, String>> {
    let workspace = Workspace::new();
    let sums = workspace.put("SHA256SUMS", sums);
    let script = path(&format!("{PACKAGING}/render"));
    let output = Command::new("bash").arg(script).arg(sums).arg(workspace.path("out")).output().ok()?;
    let errors = String::from_utf8(output.stderr).unwrap();
    Some(if output.status.success() { Ok(workspace) } else { Err(errors) })
}

fn sums() -> Vec<String> {
    let archives = archives();
    archives.iter().enumerate().map(|(number, file)| format!("{}  {file}\n", checksum(number))).collect()
}

/// Every URL of a download, with the checksum that belongs to it.
fn downloads(text: &str) -> BTreeSet<&str> {
    let urls = text.split(['"', ' ', '\n']).filter(|word| word.contains("/releases/download/v"));
    urls.filter(|url| !url.contains("$version")).collect()
}

#[test]
fn every_manifest_names_archives_of_the_release_with_their_checksums() {
    let Some(workspace) = rendered(&(sums().concat() + "00  cutover.cdx.json\n")) else { return };
    let workspace = workspace.unwrap();
    let read = |name: &str| std::fs::read_to_string(workspace.path("out").join(name)).unwrap();
    let (version, repository) = (env!("CARGO_PKG_VERSION"), package("repository"));
    let repository = word(&repository, "repository");
    let owner = repository.strip_prefix("https://github.com/").unwrap().strip_suffix("/cutover").unwrap();
    let archives = archives();
    let place = |number: usize| format!("{repository}/releases/download/v{version}/{}", archives[number]);

    let formula = read("homebrew/cutover.rb");
    let expected: Vec<String> = (0..4).map(place).collect();
    assert_eq!(downloads(&formula), expected.iter().map(String::as_str).collect());
    for (number, url) in expected.iter().enumerate() {
        let (_, rest) = formula.split_once(&format!("url \"{url}\"\n")).unwrap();
        let line = rest.lines().next().unwrap().trim();
        assert_eq!(line, format!("sha256 \"{}\"", checksum(number)));
    }
    if let Ok(output) = Command::new("ruby").arg("-c").arg(workspace.path("out/homebrew/cutover.rb")).output()
    {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    let scoop: Value = serde_json::from_str(&read("scoop/cutover.json")).unwrap();
    let wide = &scoop["architecture"]["64bit"];
    assert_eq!((&scoop["version"], &scoop["bin"]), (&version.into(), &"cutover.exe".into()));
    assert_eq!((&wide["url"], &wide["hash"]), (&place(4).into(), &checksum(4).into()));
    assert_eq!(scoop["checkver"]["github"], repository);
    let next = word(&scoop["autoupdate"]["architecture"]["64bit"]["url"], "url");
    assert_eq!(next.replace("$version", version), place(4));

    let winget = |part: &str, kind: &str| -> Value {
        let text = read(&format!("winget/{owner}.cutover{part}.yaml"));
        assert!(text.starts_with("# yaml-language-server: $schema=https://aka.ms/winget-manifest."));
        let value: Value = serde_yaml_ng::from_str(&text).unwrap();
        assert_eq!(value["PackageIdentifier"], format!("{owner}.cutover"));
        assert_eq!((&value["PackageVersion"], &value["ManifestType"]), (&version.into(), &kind.into()));
        value
    };
    assert_eq!(winget("", "version")["DefaultLocale"], "en-US");
    let installer = winget(".installer", "installer");
    assert_eq!(
        (&installer["InstallerType"], &installer["NestedInstallerType"]),
        (&"zip".into(), &"portable".into())
    );
    assert_eq!(installer["NestedInstallerFiles"][0]["RelativeFilePath"], "cutover.exe");
    let only = &installer["Installers"][0];
    assert_eq!((&only["InstallerUrl"], &only["InstallerSha256"]), (&place(4).into(), &checksum(4).into()));
    let locale = winget(".locale.en-US", "defaultLocale");
    for field in ["Publisher", "PackageName", "License", "ShortDescription"] {
        assert!(word(&locale[field], field).len() > 2, "{field}");
    }
    // The limits of winget.
    assert!(word(&locale["ShortDescription"], "ShortDescription").len() <= 256);
    assert!(locale["Tags"].as_array().unwrap().len() <= 16);

    let module = read("powershell/Cutover.psd1");
    assert!(module.contains(&format!("ModuleVersion = '{version}'")) && module.contains(repository));
}

#[test]
fn a_release_without_an_archive_of_a_manifest_is_refused() {
    let sums = sums();
    for left in 0..sums.len() {
        let rest: String =
            sums.iter().enumerate().filter(|(at, _)| *at != left).map(|(_, line)| line.as_str()).collect();
        let Some(refused) = rendered(&rest) else { return };
        let error = refused.err().unwrap_or_default();
        assert!(error.contains("nothing to put in") && error.contains("SHA256"), "{left}: {error}");
    }
    let Some(refused) = rendered(&sums.concat().replace(&checksum(0), "<html>")) else { return };
    assert!(refused.is_err_and(|error| error.contains("is not a checksum")));
}

#[test]
fn cargo_binstall_finds_every_archive() {
    let binstall = &package("metadata")["binstall"];
    let repository = package("repository");
    for archive in archives() {
        let target =
            archive.trim_start_matches("cutover-").trim_end_matches(".tar.gz").trim_end_matches(".zip");
        let own = binstall["overrides"].get(target);
        let field = |name: &str| own.and_then(|own| own.get(name)).unwrap_or(&binstall[name]);
        let url = word(field("pkg-url"), "pkg-url");
        let url = url.replace("{ repo }", word(&repository, "repository")).replace("{ target }", target);
        assert!(url.ends_with(&format!("/releases/download/v{{ version }}/{archive}")), "{url}");
        let format = if archive.ends_with("zip") { "zip" } else { "tgz" };
        assert_eq!(field("pkg-fmt"), format, "{archive}");
    }
    // The program is at the top of the archive.
    assert_eq!(binstall["bin-dir"], "{ bin }{ binary-ext }");
}

#[test]
fn the_owner_is_named_in_one_place() {
    let repository = package("repository");
    let owner = word(&repository, "repository").split('/').nth(3).unwrap().to_owned();
    let manifest = text("Cargo.toml");
    assert_eq!(manifest.matches(&owner).count(), 1);
    let mut folders = vec![path(PACKAGING)];
    let mut count = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let file = entry.unwrap().path();
            if file.is_dir() {
                folders.push(file);
                continue;
            }
            count += 1;
            let text = std::fs::read_to_string(&file).unwrap().replace("@OWNER@", "");
            assert!(!text.contains(&owner), "{}", file.display());
        }
    }
    assert!(count >= 12, "{count}");
}

#[test]
fn the_powershell_function_gives_the_program_words_that_it_knows() {
    let module = text(&format!("{PACKAGING}/powershell/Cutover.psm1"));
    let set = |parameter: &str| -> Vec<String> {
        let (front, _) = module.split_once(&format!("[string] ${parameter},")).unwrap();
        let (_, set) = front.rsplit_once("[ValidateSet(").unwrap();
        let (set, _) = set.split_once(")]").unwrap();
        set.split(", ").map(|value| value.trim_matches('\'').to_owned()).collect()
    };
    let check = |words: &[&str]| {
        let words = ["cutover", "check"].iter().chain(words).map(std::ffi::OsString::from);
        accepts(words).unwrap_or_else(|error| panic!("{error}"));
    };
    let (phases, clouds) = (set("Phase"), set("Cloud"));
    assert_eq!((phases.len(), clouds.len()), (3, 5));
    phases.iter().for_each(|phase| check(&["--phase", phase, "contoso.com"]));
    clouds.iter().for_each(|cloud| check(&["--cloud", cloud, "contoso.com"]));
    // Every option that is in the text of the function, as it is given there.
    let options: BTreeSet<&str> =
        module.split(['\'', ' ', '"']).filter(|word| word.len() > 2 && word.starts_with("--")).collect();
    let known = ["--cloud", "--output", "--phase", "--quiet", "--resolver", "--settings", "--tenant"];
    assert_eq!(options, known.into());
    check(&[
        "--quiet",
        "--tenant",
        "contoso",
        "--settings",
        "x",
        "--resolver",
        "1.1.1.1",
        "--output",
        "json=x",
        "--",
        "a.example",
    ]);
    let named = text(&format!("{PACKAGING}/powershell/Cutover.psd1"));
    assert!(
        named.contains("FunctionsToExport = @('Get-CutoverCheck')")
            && module.contains("function Get-CutoverCheck {")
    );
}

#[test]
fn the_packages_of_distributions_hold_the_same_files() {
    let metadata = package("metadata");
    let sources = |assets: &Value, field: &dyn Fn(&Value) -> Value| -> BTreeSet<String> {
        assets.as_array().unwrap().iter().map(|asset| word(&field(asset), "source").to_owned()).collect()
    };
    let deb = sources(&metadata["deb"]["assets"], &|asset| asset[0].clone());
    let mut rpm = sources(&metadata["generate-rpm"]["assets"], &|asset| asset["source"].clone());
    // cargo-deb writes it by itself.
    assert!(rpm.remove("LICENSE"));
    assert_eq!(deb, rpm);
    for source in deb.iter().filter(|source| !source.starts_with("target/")) {
        assert!(path(source).is_file(), "{source}");
    }
    assert_eq!(metadata["generate-rpm"]["license"], package("license"));
    // What the script writes for the unit starts the program that the packages install.
    let workspace = Workspace::new();
    let script = path(&format!("{PACKAGING}/units"));
    let Ok(status) = Command::new("bash").arg(script).arg(workspace.path("units")).status() else { return };
    assert!(status.success());
    let unit = std::fs::read_to_string(workspace.path("units/cutover-serve.service")).unwrap();
    assert!(unit.contains("\nExecStart=/usr/bin/cutover serve ") && !unit.contains("/usr/local"), "{unit}");
}

#[test]
fn every_way_to_install_is_tried_or_marked() {
    let readme = text("README.md");
    let (_, rest) = readme.split_once("## Install\n").unwrap();
    let (section, _) = rest.split_once("\n## ").unwrap();
    let rows: Vec<Vec<&str>> = section
        .lines()
        .filter(|line| line.starts_with('|'))
        .skip(2)
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    assert!(rows.len() >= 8, "{rows:?}");
    for row in rows {
        let [system, command, state] = row.as_slice() else { panic!("{row:?}") };
        assert!(command.contains('`'), "{system}");
        assert!(state.starts_with("tried") || *state == "not yet published", "{system}: {state}");
    }
}
