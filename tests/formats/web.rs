//! What does a browser make of the page?

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
    // Nothing runs, and nothing is loaded.
    for active in
        ["script", "iframe", "object", "embed", "link", "img", "form", "base", "[onload]", "[onclick]"]
    {
        assert_eq!(all(active), 0, "{active}");
    }
    for element in document.select(&Selector::parse("[href], [src]").unwrap()) {
        let target = element.value().attr("href").or(element.value().attr("src")).unwrap();
        assert!(target.starts_with('#'), "{target}");
    }
    assert!(!page.contains("url(") && !page.contains("@import"));
    assert_eq!(all("section"), 4);
    assert_eq!(texts("title"), ["4 domains on the way to Microsoft 365"]);
    // Hostile text is there as text, but for the backticks, which set values apart.
    let plain = shown().replace('`', "");
    assert!(texts("td").iter().any(|text| text.contains(&plain)), "{:?}", texts("td"));
    assert!(texts("svg text").iter().any(|text| text.starts_with("=HYPERLINK")), "{:?}", texts("svg text"));
    assert_eq!(all("svg rect"), 1);
    for until in ["2026-11-22T05:46:00Z", "2026-11-22T06:46:00Z"] {
        assert!(texts("time").contains(&until.to_owned()), "{until}");
    }
}
