//! Do the manifests of the examples fit the schemas that Kubernetes publishes?
//!
//! Runs where `kubernetes-validate` is installed, a package of PyPI that contains those schemas, or
//! `CUTOVER_KUBERNETES_VALIDATE` names it.

use std::process::Command;

use serde_json::Value;

use super::{files, text, yaml};
use crate::end_to_end::bounded::{find, run, skip};
use crate::run::Workspace;

/// The objects of a manifest; those of a list one by one, for which there is no schema.
fn objects(manifest: Value) -> Vec<Value> {
    match manifest["kind"].as_str() {
        Some("List") => manifest["items"].as_array().unwrap().clone(),
        _ => vec![manifest],
    }
}

#[test]
fn manifests_fit_the_schemas_of_kubernetes() {
    let Some(program) = find("CUTOVER_KUBERNETES_VALIDATE", &["kubernetes-validate"]) else {
        return skip("kubernetes-validate is not installed");
    };
    let manifests: Vec<String> = files(".github/examples")
        .into_iter()
        .filter(|file| {
            file.ends_with(".yaml") && text(file).lines().any(|line| line.starts_with("apiVersion: "))
        })
        .collect();
    assert!(manifests.len() >= 4, "{manifests:?}");
    let workspace = Workspace::new();
    let error = |object: &Value| {
        let file = workspace.put("object.yaml", object.to_string());
        let mut command = Command::new(&program);
        let ended = run(command.arg("--strict").arg(&file), &workspace.path("")).unwrap();
        // An object without a schema is a warning only.
        let is_valid = ended.status.success() && format!("{}{}", ended.out, ended.err).contains(" passed ");
        (!is_valid).then_some(ended)
    };
    for manifest in manifests {
        for mut object in objects(yaml(&manifest)) {
            let found = error(&object);
            assert!(found.is_none(), "{manifest}: {object}: {found:?}");
            // The schemas are strict: a word that they do not know would be found.
            object["nodeSelecter"] = Value::Null;
            assert!(error(&object).is_some(), "{manifest}");
        }
    }
}
