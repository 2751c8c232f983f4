//! What does a browser make of the page?

use cutover::report::format::HTML_SCRIPT;
use scraper::{Html, Selector};

use super::shown;

/// Reads the page as HTML 5 and looks at what is in it.
pub fn holds_everything(page: &str) {
    let document = Html::parse_document(page);
    assert!(document.errors.is_empty(), "{:?}", document.errors);
    let all = |selector: &str| document.select(&Selector::parse(selector).unwrap()).count();
    let texts = |selector: &str| -> Vec<String> {
        let found = document.select(&Selector::parse(selector).unwrap()).collect::<Vec<_>>();
        found.into_iter().map(|element| element.text().collect()).collect()
    };
    // Nothing runs but the script of the page, and nothing is loaded.
    for active in
        ["iframe", "object", "embed", "link", "img", "form", "base", "[onload]", "[onclick]", "[style]"]
    {
        assert_eq!(all(active), 0, "{active}");
    }
    assert_eq!(texts("script"), [HTML_SCRIPT]);
    for element in document.select(&Selector::parse("[href], [src]").unwrap()) {
        let target = element.value().attr("href").or(element.value().attr("src")).unwrap();
        assert!(target.starts_with('#'), "{target}");
    }
    assert!(!page.contains("url(") && !page.contains("@import"));
    assert_eq!(all("details.domain"), 4);
    assert_eq!(texts("title"), ["4 domains: 1 ready, 1 to change, 1 undetermined, 1 waiting"]);
    // Hostile text is there as text, but for the backticks, which set values apart.
    let plain = shown().replace('`', "");
    assert!(texts("td").iter().any(|text| text.contains(&plain)), "{:?}", texts("td"));
    assert!(
        texts(".servers code").iter().any(|text| text.starts_with("=HYPERLINK")),
        "{:?}",
        texts(".servers code")
    );
    for until in ["2026-11-22 05:46 UTC", "spf until 2026-11-22 06:46 UTC (its TTL was 1 hour)"] {
        assert!(texts("main").concat().contains(until), "{until}");
    }
}
