//! The beginning of every page, and its policy, style and script, which are embedded in the page.

use askama::Template;

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

/// The beginning of a page, up to its body.
#[derive(Template)]
#[template(
    ext = "html",
    source = r##"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{{ POLICY|safe }}">
<meta name="generator" content="cutover {{ version }}">
<title>{{ title }}</title>
<style>{{ STYLE|safe }}</style>
</head>
<body>"##
)]
pub(super) struct Head<'a> {
    /// The title of the page.
    pub(super) title: &'a str,
    /// The version of the program that writes it.
    pub(super) version: &'static str,
}
