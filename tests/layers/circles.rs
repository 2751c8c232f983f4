//! Finds circles of imports between the files of one layer.
//!
//! A file depends on the file that defines what it names, also where the name comes by way of a re-export. What a
//! child takes from a module that it lies in is not counted: the child is a part of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::reader::{Source, Use};

/// The modules of the crate: each is one file, the crate itself is the empty path.
pub struct Modules {
    files: BTreeMap<Vec<String>, PathBuf>,
    /// The names that a module brings in, with the whole path of each; `*` for globs.
    imports: BTreeMap<Vec<String>, Vec<(String, Vec<String>)>>,
    /// The paths in the code of a module, in the order of its text.
    paths: BTreeMap<Vec<String>, Vec<Vec<String>>>,
}

impl Modules {
    pub fn new<'a>(sources: impl IntoIterator<Item = (&'a PathBuf, &'a Source)> + Clone) -> Self {
        let shipped = sources.into_iter().filter(|(_, source)| !source.is_test_file());
        let mut modules = Self { files: BTreeMap::new(), imports: BTreeMap::new(), paths: BTreeMap::new() };
        for (path, source) in shipped {
            let module = module(path);
            let uses = source.uses();
            let (imports, paths): (Vec<Use>, Vec<Use>) = uses.into_iter().partition(|one| one.is_import);
            let bound = |one: &Use| (one.name.clone(), absolute(&module, &one.path));
            modules.imports.insert(module.clone(), imports.iter().map(bound).collect());
            let paths = imports.into_iter().chain(paths).map(|one| one.path);
            modules.paths.insert(module.clone(), paths.collect());
            modules.files.insert(module, path.clone());
        }
        modules
    }

    /// Every circle: the files of each, in the order of their names.
    pub fn circles(&self) -> Vec<Vec<&Path>> {
        let edges: BTreeMap<&Vec<String>, BTreeSet<&Vec<String>>> =
            self.files.keys().map(|module| (module, self.named(module))).collect();
        let reach: BTreeMap<_, _> = edges.keys().map(|module| (*module, reached(module, &edges))).collect();
        let mut circles: Vec<Vec<&Path>> = Vec::new();
        for (module, reached) in &reach {
            if !reached.contains(module) {
                continue;
            }
            let others = reached.iter().filter(|other| reach[*other].contains(module));
            let circle: Vec<&Path> = others.map(|other| self.files[*other].as_path()).collect();
            if !circles.contains(&circle) {
                circles.push(circle);
            }
        }
        circles
    }

    /// The arrows between the files of a circle, each with what the first file takes from the second.
    pub fn arrows(&self, circle: &[&Path]) -> Vec<String> {
        let inside = |module: &&Vec<String>| circle.contains(&self.files[*module].as_path());
        let mut arrows = BTreeSet::new();
        for module in self.files.keys().filter(inside) {
            for path in &self.paths[module] {
                let other = self.definer(module, path).filter(inside);
                let Some(other) = other.filter(|other| !module.starts_with(other)) else { continue };
                let (from, to) = (self.files[module].display(), self.files[other].display());
                arrows.insert(format!("  {from} -> {to}: {}", path.join("::")));
            }
        }
        arrows.into_iter().collect()
    }

    /// The modules that define what one module names, without itself and those that it lies in.
    fn named(&self, module: &[String]) -> BTreeSet<&Vec<String>> {
        let found = self.paths[module].iter().filter_map(|path| self.definer(module, path));
        found.filter(|other| !module.starts_with(other)).collect()
    }

    /// The module that defines what a path leads to.
    fn definer(&self, module: &[String], path: &[String]) -> Option<&Vec<String>> {
        let first = path.first()?;
        let is_rooted = ["crate", "super", "self"].contains(&first.as_str());
        let is_child = self.files.contains_key(&[module, std::slice::from_ref(first)].concat());
        if is_rooted {
            return self.follow(&absolute(module, path), 0);
        }
        if is_child {
            return self.follow(&[module, path].concat(), 0);
        }
        let (_, bound) = self.imports[module].iter().find(|(name, _)| name == first)?;
        self.follow(&[&bound[..], &path[1..]].concat(), 0)
    }

    /// Walks down a path from the crate: through modules, and through what they re-export.
    fn follow(&self, path: &[String], depth: usize) -> Option<&Vec<String>> {
        let is_module = |count: &usize| self.files.contains_key(&path[..*count]);
        let count = (0..=path.len()).rev().find(is_module)?;
        let (module, _) = self.files.get_key_value(&path[..count])?;
        let Some(name) = path.get(count).filter(|_| depth < 16) else { return Some(module) };
        let imports = &self.imports[module];
        if let Some((_, whole)) =
            imports.iter().find(|(known, whole)| known == name && *whole != path[..=count])
        {
            return self.follow(&[&whole[..], &path[count + 1..]].concat(), depth + 1);
        }
        Some(module)
    }
}

/// The module that a file is.
fn module(path: &Path) -> Vec<String> {
    let below = path.strip_prefix("src").unwrap().with_extension("");
    let parts = below.iter().map(|part| part.to_string_lossy().into_owned());
    parts.filter(|part| !["mod", "lib"].contains(&part.as_str())).collect()
}

/// A path as seen from the crate.
fn absolute(module: &[String], path: &[String]) -> Vec<String> {
    let mut base = module.to_vec();
    let mut rest = path;
    while let Some((first, behind)) = rest.split_first() {
        match first.as_str() {
            "crate" => base.clear(),
            "super" => {
                base.pop();
            }
            "self" => {}
            _ => break,
        }
        rest = behind;
    }
    let is_rooted = rest.len() < path.len();
    // Without a root it is a child of the module, or a library: which is never found among the modules.
    let base = if is_rooted { base } else { module.to_vec() };
    [&base[..], rest].concat()
}

/// Everything that can be reached by one arrow or more.
fn reached<'a>(
    start: &Vec<String>,
    edges: &BTreeMap<&'a Vec<String>, BTreeSet<&'a Vec<String>>>,
) -> BTreeSet<&'a Vec<String>> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&Vec<String>> = edges[start].iter().copied().collect();
    while let Some(module) = open.pop() {
        let (known, next) = edges.get_key_value(module).unwrap();
        if found.insert(*known) {
            open.extend(next);
        }
    }
    found
}
