//! Does any input make cutover panic, hang, lose what it read, or print what acts on a terminal?
//!
//! Each target takes octets and asserts what must hold whatever they are. `./run` tries all of them for a bounded time
//! on any toolchain; `cargo fuzz run TARGET --sanitizer none` goes on with one of them for as long as it is let.

pub mod desk;
mod harmless;
pub mod lists;
mod reports;
pub mod seeds;
pub mod texts;
pub mod whole;
pub mod wire;

use cutover::record::Name;

/// The domain that everything is about.
const DOMAIN: &str = "contoso.com";

fn domain() -> Name {
    DOMAIN.parse().expect("a name of two labels")
}
