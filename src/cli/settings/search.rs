//! Finds the settings file of a run that names none with `--settings`.
//!
//! The first file that is found counts, and files are not merged: the one that `CUTOVER_SETTINGS` names, else
//! `cutover.toml` in the current folder or in the nearest folder above it, else the one in the user's folder for
//! configuration.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::run::{DEFAULT_SETTINGS, files};

/// The environment variable that names a settings file.
const VARIABLE: &str = "CUTOVER_SETTINGS";

/// The entry of a folder that holds a repository. Settings above it belong to something else.
const REPOSITORY: &str = ".git";

/// The settings file of a run that names none.
#[derive(Debug, Clone)]
pub struct SettingsSource {
    /// Its path.
    pub path: PathBuf,
    /// The rule that found it.
    pub origin: SettingsOrigin,
    /// Files of folders above the current one that do not count, since another user owns them.
    pub foreign: Vec<PathBuf>,
}

/// The rule that found a settings file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingsOrigin {
    /// The option `--settings` names it.
    Option,
    /// The environment variable `CUTOVER_SETTINGS` names it.
    Environment,
    /// It is in the current folder. If there is no such file, the run has no settings.
    CurrentFolder,
    /// It is in a folder above the current one.
    ParentFolder,
    /// It is in the user's folder for configuration.
    UserFolder,
}

impl SettingsOrigin {
    /// Returns the rule for a person.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Option => "named with --settings",
            Self::Environment => "named by CUTOVER_SETTINGS",
            Self::CurrentFolder => "current folder",
            Self::ParentFolder => "parent folder",
            Self::UserFolder => "user configuration",
        }
    }

    /// Returns the word in JSON.
    pub(in crate::cli) fn word(self) -> &'static str {
        match self {
            Self::Option => "option",
            Self::Environment => "environment",
            Self::CurrentFolder => "current-folder",
            Self::ParentFolder => "parent-folder",
            Self::UserFolder => "user-folder",
        }
    }
}

impl<P: Into<PathBuf>> From<P> for SettingsSource {
    /// Returns a file of the current folder, which need not exist.
    fn from(path: P) -> Self {
        Self { path: path.into(), origin: SettingsOrigin::CurrentFolder, foreign: Vec::new() }
    }
}

impl SettingsSource {
    /// Searches the environment and the folders of a process.
    pub(in crate::cli) fn find(current: Option<&Path>, variable: impl Fn(&str) -> Option<OsString>) -> Self {
        if let Some(path) = variable(VARIABLE).filter(|path| !path.is_empty()) {
            return Self { path: path.into(), origin: SettingsOrigin::Environment, foreign: Vec::new() };
        }
        let (above, foreign) = match current {
            Some(folder) if !files::is_there(&folder.join(DEFAULT_SETTINGS)) => nearest_above(folder),
            Some(_) | None => return DEFAULT_SETTINGS.into(),
        };
        let found = above.map(|path| (path, SettingsOrigin::ParentFolder));
        let found = found.or_else(|| {
            let path = user_folder(variable)?.join(env!("CARGO_PKG_NAME")).join(DEFAULT_SETTINGS);
            files::is_there(&path).then_some((path, SettingsOrigin::UserFolder))
        });
        let (path, origin) =
            found.unwrap_or_else(|| (DEFAULT_SETTINGS.into(), SettingsOrigin::CurrentFolder));
        Self { path, origin, foreign }
    }
}

/// Returns the settings file of the nearest folder above, and those on the way that do not count. The search ends at
/// the folder that holds a repository, or at the root of the file system.
fn nearest_above(current: &Path) -> (Option<PathBuf>, Vec<PathBuf>) {
    let mut foreign = Vec::new();
    for (index, folder) in current.ancestors().enumerate() {
        let path = folder.join(DEFAULT_SETTINGS);
        if index > 0 && files::is_there(&path) {
            // A file in a folder that everyone can write to, such as `/tmp`, must not choose what is overwritten here.
            if is_trusted(&path, current) {
                return (Some(path), foreign);
            }
            foreign.push(path);
        }
        if folder.join(REPOSITORY).exists() {
            break;
        }
    }
    (None, foreign)
}

/// Returns whether a file belongs to the owner of the current folder, or to the administrator.
#[cfg(unix)]
fn is_trusted(path: &Path, current: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let owner = |path: &Path| path.metadata().ok().map(|metadata| metadata.uid());
    owner(path).is_some_and(|user| user == 0 || owner(current) == Some(user))
}

/// Returns true: the folders above the user's own are not writable for other users.
#[cfg(not(unix))]
fn is_trusted(_path: &Path, _current: &Path) -> bool {
    true
}

/// Returns the user's folder for configuration: `%APPDATA%` on Windows; elsewhere `XDG_CONFIG_HOME`, or its default.
fn user_folder(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    // A relative path would mean another folder in each run.
    let folder = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if cfg!(windows) {
        return folder("APPDATA");
    }
    let usual = if cfg!(target_os = "macos") { "Library/Application Support" } else { ".config" };
    folder("XDG_CONFIG_HOME").or_else(|| folder("HOME").map(|home| home.join(usual)))
}

#[cfg(test)]
mod tests {
    use std::fs::{create_dir_all, write};

    use super::*;

    /// Makes these empty files, and searches from `project/part/deep` with these variables set to folders.
    #[allow(clippy::disallowed_methods, reason = "the files of a test are its own")]
    fn found(files: &[&str], variables: &[&str]) -> (String, SettingsOrigin) {
        let root = tempfile::tempdir().unwrap();
        // No settings of the machine above the temporary folder are meant.
        create_dir_all(root.path().join("project/part/deep")).unwrap();
        write(root.path().join(REPOSITORY), "").unwrap();
        for file in files {
            let path = root.path().join(file);
            create_dir_all(path.parent().unwrap()).unwrap();
            write(path, "").unwrap();
        }
        let variable = |name: &str| variables.contains(&name).then(|| root.path().join(name).into());
        let source = SettingsSource::find(Some(&root.path().join("project/part/deep")), variable);
        let path = source.path.strip_prefix(root.path()).unwrap_or(&source.path);
        (path.to_str().unwrap().replace('\\', "/"), source.origin)
    }

    #[test]
    fn the_nearest_file_counts() {
        let files = ["cutover.toml", "project/cutover.toml", "project/part/deep/cutover.toml"];
        assert_eq!(found(&files, &[]), (DEFAULT_SETTINGS.into(), SettingsOrigin::CurrentFolder));
        assert_eq!(found(&files[..2], &[]), ("project/cutover.toml".into(), SettingsOrigin::ParentFolder));
        assert_eq!(found(&files[..1], &[]), (DEFAULT_SETTINGS.into(), SettingsOrigin::ParentFolder));
        assert_eq!(found(&[], &[]), (DEFAULT_SETTINGS.into(), SettingsOrigin::CurrentFolder));
    }

    #[test]
    fn the_search_ends_at_a_repository() {
        let above = ["project/cutover.toml", "project/part/.git/HEAD"];
        assert_eq!(found(&above, &[]), (DEFAULT_SETTINGS.into(), SettingsOrigin::CurrentFolder));
        let inside = ["project/part/cutover.toml", "project/part/.git/HEAD"];
        assert_eq!(found(&inside, &[]), ("project/part/cutover.toml".into(), SettingsOrigin::ParentFolder));
    }

    #[test]
    fn the_environment_comes_first_and_the_users_own_file_last() {
        let files = ["project/cutover.toml"];
        assert_eq!(found(&files, &[VARIABLE]), (VARIABLE.into(), SettingsOrigin::Environment));
        // The file that it names must exist: a wrong name is reported when it is read.
        assert_eq!(found(&[], &[VARIABLE]).1, SettingsOrigin::Environment);
        if cfg!(windows) {
            let own = "APPDATA/cutover/cutover.toml";
            assert_eq!(found(&[own], &["APPDATA"]), (own.into(), SettingsOrigin::UserFolder));
            return;
        }
        let own = "XDG_CONFIG_HOME/cutover/cutover.toml";
        assert_eq!(found(&[own], &["XDG_CONFIG_HOME"]), (own.into(), SettingsOrigin::UserFolder));
        assert_eq!(found(&[own, files[0]], &["XDG_CONFIG_HOME"]).1, SettingsOrigin::ParentFolder);
        assert_eq!(found(&[own], &[]).1, SettingsOrigin::CurrentFolder);
        let usual = match cfg!(target_os = "macos") {
            true => "HOME/Library/Application Support/cutover/cutover.toml",
            false => "HOME/.config/cutover/cutover.toml",
        };
        assert_eq!(found(&[usual], &["HOME"]), (usual.into(), SettingsOrigin::UserFolder));
    }

    #[test]
    fn a_relative_folder_for_configuration_does_not_count() {
        let variable = |name: &str| (name == "XDG_CONFIG_HOME" || name == "APPDATA").then(|| "here".into());
        assert_eq!(user_folder(variable), None);
    }
}
