//! `cutover schema`: prints the JSON Schema of a file that is read or written.
//!
//! The schemas are generated from the types that read and write the files.

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
        // The schema describes the file as written: a field that is omitted if empty is not required.
        SchemaFile::Report => {
            let settings = SchemaSettings::default().for_serialize();
            // The defaults for missing fields apply only to reading, so they are not part of the schema.
            let without_defaults = |schema: &mut Schema| drop(schema.remove("default"));
            let settings = settings.with_transform(RecursiveTransform(without_defaults));
            settings.into_generator().into_root_schema_for::<Report>()
        }
        SchemaFile::History => History::schema(),
    };
    streams.out.write_all(to_json(&schema).as_bytes())?;
    Ok(0)
}
