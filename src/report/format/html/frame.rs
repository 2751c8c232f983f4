//! The frame of every page: its policy, style and script, all within the page.

/// The style of every page.
pub const STYLE: &str = include_str!("style.css");

/// The script of every page: buttons that copy, and the filter of a list. All is readable without it.
pub const SCRIPT: &str = include_str!("script.js");

/// What a page may do: use its own style and script, known by their SHA-256, and load nothing.
pub const POLICY: &str = "default-src 'none'; \
     style-src 'sha256-4mS+SQEh2g9+yICDMtk3On1qC0bo6t1RaYfrppcB5RU='; \
     script-src 'sha256-cvywnREAE6O0cViAmBYzxUW/b8vhmPhu3dbSxRVwZRo='; \
     base-uri 'none'; form-action 'none'";
