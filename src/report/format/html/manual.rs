//! Renders the manual of all outcomes as one page.

use askama::Template;

use crate::check::{Code, Topic};
use crate::report::ManualUrl;

use super::frame::{Head, SCRIPT};
use super::markup::{CodeLinks, Part, markup};

#[derive(Template)]
#[template(
    ext = "html",
    source = r##"{{ head|safe }}
<header>
<h1>{{ title }}</h1>
</header>
<main>
{% if codes.len() > 1 %}<nav aria-label="Outcomes">
<p class="filter" hidden><label>Filter: <input type="search"></label> <span role="status"></span></p>
<div class="wide"><table class="stack">
<thead><tr><th>code</th><th>effect</th><th>what was found</th></tr></thead>
<tbody>{% for code in codes %}<tr data-name="{{ code }} {{ code.title() }}"><td class="whole"><a href="#{{ code }}"><code>{{ code }}</code></a></td><td class="side whole">{{ code.effect().word() }}</td><td>{{ super::markup::inline(code.title(), CodeLinks::None)|safe }}</td></tr>
{% endfor %}</tbody></table></div>
</nav>
{% endif %}{{ text|safe }}</main>
<footer><p class="faint">Written by cutover {{ version }}.</p></footer>
<script>{{ SCRIPT|safe }}</script>
</body>
</html>
"##
)]
struct ManualPage<'a> {
    head: Head<'a>,
    title: &'a str,
    version: &'static str,
    codes: &'a [Code],
    text: String,
}

/// Returns the manual as one page, with an anchor for each outcome; or the part about one outcome, with links to the
/// published manual if there is one.
#[must_use]
pub fn manual(code: Option<Code>, published: Option<&ManualUrl>) -> String {
    let anchor = |title: &str| {
        let word = title.trim_matches('`');
        word.parse::<Code>().ok().map(|code| code.word().to_owned())
    };
    let (title, text) = match code {
        Some(code) => {
            let heading = format!("# `{code}`\n\n{} ({}).\n\n", code.title(), code.effect().word());
            let section = code.section().unwrap_or_default();
            let links = published.map_or(CodeLinks::None, CodeLinks::Published);
            (format!("cutover: {code}"), markup(&(heading + section), Part::Whole, links, anchor))
        }
        None => {
            let topics =
                Topic::ALL.map(|topic| markup(topic.document(), Part::Whole, CodeLinks::SamePage, anchor));
            ("cutover: what each outcome means".to_owned(), topics.concat())
        }
    };
    let codes = match &code {
        Some(code) => std::slice::from_ref(code),
        None => Code::ALL,
    };
    let (title, version) = (title.as_str(), env!("CARGO_PKG_VERSION"));
    let page = ManualPage { head: Head { title, version }, title, version, codes, text };
    // Writing into a string cannot fail.
    page.render().unwrap_or_default()
}
