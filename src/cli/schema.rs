//! `cutover schema`: prints the JSON Schema of a file that is read or written.
//!
//! Generated from the very types that read and write the files.

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{Schema, schema_for};

use crate::facts::History;
use crate::report::Report;
use crate::report::json::to_json;
use crate::run::SettingsDocument;

use super::args::{self, SchemaFile};
use super::{Problem, Streams};

/// Runs the command.
///
/// # Errors
/// [`Problem`] if the output cannot be written.
pub(super) fn run(command: &args::Schema, streams: &mut Streams<'_>) -> Result<u8, Problem> {
    let schema: Schema = match command.file {
        SchemaFile::Settings => schema_for!(SettingsDocument),
        // As it is written: what is left out there when it is empty is not required.
        SchemaFile::Report => {
            let settings = SchemaSettings::default().for_serialize();
            // What is taken for a missing field when a report is read back is not written.
            let without_defaults = |schema: &mut Schema| drop(schema.remove("default"));
            let settings = settings.with_transform(RecursiveTransform(without_defaults));
            settings.into_generator().into_root_schema_for::<Report>()
        }
        SchemaFile::History => History::schema(),
    };
    streams.out.write_all(to_json(&schema).as_bytes())?;
    Ok(0)
}
