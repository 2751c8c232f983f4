// Returns what paper would not show: text that is cut off, hidden or too pale without a background.
(function () {
  "use strict";
  var faults = [];
  // Sections of a long page are alike.
  var sections = Array.from(document.querySelectorAll("details.domain"));
  var left_out = new Set(sections.filter(function (_, place) { return sections.length > 100 && place % 25; }));
  function label(element) {
    return element.tagName + "." + element.className + " " + element.textContent.trim().slice(0, 60);
  }
  function luminance(text) {
    var parts = text.match(/[\d.]+/g).map(Number).slice(0, 3).map(function (part) {
      var value = part / 255;
      return value <= 0.04045 ? value / 12.92 : Math.pow((value + 0.055) / 1.055, 2.4);
    });
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  }
  if (document.documentElement.scrollWidth > innerWidth) faults.push("the page is wider than the paper");
  document.querySelectorAll("body, body *").forEach(function (element) {
    if (element.closest("script, .hidden, svg") || left_out.has(element.closest("details.domain"))) return;
    var style = getComputedStyle(element), box = element.getBoundingClientRect();
    var text = Array.from(element.childNodes).filter(function (node) { return node.nodeType === 3; });
    var has_text = text.some(function (node) { return node.textContent.trim(); });
    // A control is of no use on paper; the manual of a code stays folded unless the reader has unfolded it.
    var is_left_out = element.closest("button, .filter") || element.closest("details.why:not([open]) > div")
      || (element.closest(".stack thead, .label") && style.display === "none");
    if (is_left_out) {
      if (element.matches("button, .filter") && box.width) faults.push("a control is printed: " + label(element));
      return;
    }
    if (has_text && !(box.width && box.height && element.checkVisibility({ contentVisibilityAuto: true }))) {
      faults.push("not printed: " + label(element));
    }
    if (has_text && box.width && 1.05 / (luminance(style.color) + 0.05) < 4.5) {
      faults.push("too pale for paper: " + label(element));
    }
    var is_cut = style.overflowX !== "visible" && element.scrollWidth > element.clientWidth;
    if (is_cut || box.right > innerWidth + 1 || box.left < -1) faults.push("cut off: " + label(element));
    if (element.matches("tr, .next, .servers > li") && style.breakInside !== "avoid") {
      faults.push("may be divided between two pages: " + label(element));
    }
    if (element.matches("h2, h3, h4, thead") && style.breakAfter !== "avoid") {
      faults.push("may be the last line of a page: " + label(element));
    }
  });
  if (luminance(getComputedStyle(document.body).backgroundColor) < 0.99) faults.push("the background is not white");
  return faults.slice(0, 30);
})()
