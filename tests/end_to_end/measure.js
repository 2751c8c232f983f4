// Writes down what does not fit a page or cannot be read.
(function () {
  "use strict";
  var is_dark = matchMedia("(prefers-color-scheme: dark)").matches;
  var lines = ["width " + innerWidth + (is_dark ? ", dark" : ", light")];
  document.querySelectorAll("details").forEach(function (part) { part.open = true; });
  var wide = document.documentElement.scrollWidth;
  if (wide > innerWidth) lines.push("the page is " + wide + " wide");
  function scrolls(element) {
    for (var part = element; part; part = part.parentElement) {
      var overflow = getComputedStyle(part).overflowX;
      if (overflow === "auto" || overflow === "hidden") return true;
    }
    return false;
  }
  function label(element) {
    return element.tagName + "." + element.className + " " + element.textContent.slice(0, 40);
  }
  function color(text) {
    var parts = text.match(/[\d.]+/g).map(Number);
    return parts.length < 4 ? parts.concat(1) : parts;
  }
  function luminance(parts) {
    var linear = parts.slice(0, 3).map(function (part) {
      var value = part / 255;
      return value <= 0.04045 ? value / 12.92 : Math.pow((value + 0.055) / 1.055, 2.4);
    });
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  }
  function background(element) {
    for (var part = element; part; part = part.parentElement) {
      var found = color(getComputedStyle(part).backgroundColor);
      if (found[3] === 1) return found;
    }
    return [255, 255, 255, 1];
  }
  var seen = {};
  document.querySelectorAll("body *").forEach(function (element) {
    if (element.closest("script")) return;
    var box = element.getBoundingClientRect();
    if (box.width && (box.right > innerWidth + 1 || box.left < -1) && !scrolls(element)) {
      lines.push("sticks out: " + label(element));
    }
    var has_text = Array.from(element.childNodes).some(function (node) {
      return node.nodeType === 3 && node.textContent.trim();
    });
    if (!has_text || !box.width) return;
    var ink = luminance(color(getComputedStyle(element).color));
    var paper = luminance(background(element));
    var ratio = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    if (ratio < 4.5 && !seen[element.tagName + element.className]) {
      seen[element.tagName + element.className] = true;
      lines.push("contrast " + ratio.toFixed(2) + ": " + label(element));
    }
  });
  ["body > header", "main", "body > footer", "h1"].forEach(function (part) {
    var count = document.querySelectorAll(part).length;
    if (count !== 1) lines.push(count + " of " + part);
  });
  var level = 0;
  document.querySelectorAll("h1, h2, h3, h4, h5, h6").forEach(function (heading) {
    var next = Number(heading.tagName[1]);
    if (next > level + 1) lines.push("heading left out above: " + label(heading));
    level = next;
  });
  var ids = {};
  document.querySelectorAll("[id]").forEach(function (element) {
    if (ids[element.id]) lines.push("id twice: " + element.id);
    ids[element.id] = true;
  });
  document.querySelectorAll("input, button, a, summary").forEach(function (control) {
    if (!(control.textContent.trim() || (control.labels && control.labels.length))) {
      lines.push("without a name: " + label(control));
    }
  });
  document.querySelectorAll("th").forEach(function (cell) {
    if (!cell.textContent.trim()) lines.push("a heading of a column is empty");
  });
  var result = parent.document.createElement("pre");
  result.id = "measured";
  result.textContent = lines.join("\n") + "\n";
  parent.document.body.append(result);
})();
