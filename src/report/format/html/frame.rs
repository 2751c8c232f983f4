//! The policy, style and script of every page, all embedded in the page.

/// The style of every page.
pub const STYLE: &str = include_str!("style.css");

/// The script of every page: copy buttons, the filter of a list, and the changes of a page of `serve`. The page is
/// readable without it.
pub const SCRIPT: &str = include_str!("script.js");

/// The Content Security Policy of a page: it may use its own style and script, known by their SHA-256, and load
/// nothing.
pub const POLICY: &str = "default-src 'none'; \
     style-src 'sha256-KeKuackPipO2EqQ0UTNFwDDLFSoe/wJgPOKjO8xoz74='; \
     script-src 'sha256-B8+p/Myqex2Rwws9X8HPlhkSThfcrcoScpITbnPt08g='; \
     base-uri 'none'; form-action 'none'";
