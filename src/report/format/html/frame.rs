//! The frame of every page: its policy, style and script, all within the page.

/// The style of every page.
pub const STYLE: &str = include_str!("style.css");

/// The script of every page: buttons that copy, and the filter of a list. All is readable without it.
pub const SCRIPT: &str = include_str!("script.js");

/// What a page may do: use its own style and script, known by their SHA-256, and load nothing.
pub const POLICY: &str = "default-src 'none'; \
     style-src 'sha256-nY/wsdM4+DU12GFrpzzM2hjxXbU813ew0vPfgtQC1Vg='; \
     script-src 'sha256-+YxalYcThZC+cIZveQ70RXyvy9XZYkyw3px8zkHvTnA='; \
     base-uri 'none'; form-action 'none'";
