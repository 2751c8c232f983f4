//! The script of the pages: copy buttons, and rows that change while a page is open. Everything else works without it.

/// The only script; its hash is in the Content-Security-Policy of every page.
pub(super) const SCRIPT: &str = r#"
(function () {
  "use strict";
  function copy(text, button) {
    function done() { button.textContent = "copied"; setTimeout(function () { button.textContent = "copy"; }, 1500); }
    if (navigator.clipboard) { navigator.clipboard.writeText(text).then(done); return; }
    var area = document.createElement("textarea");
    area.value = text;
    document.body.appendChild(area);
    area.select();
    if (document.execCommand("copy")) { done(); }
    area.remove();
  }
  function addButtons(root) {
    root.querySelectorAll("td.value > code").forEach(function (code) {
      var button = document.createElement("button");
      button.type = "button";
      button.textContent = "copy";
      button.addEventListener("click", function () { copy(code.textContent, button); });
      code.after(" ", button);
    });
  }
  var pending = false, again = false;
  function refresh() {
    if (pending) { again = true; return; }
    pending = true;
    fetch(location.href, { headers: { Accept: "text/html" } }).then(function (answer) {
      return answer.ok ? answer.text() : Promise.reject(answer.status);
    }).then(function (text) {
      var now = document.querySelector("main");
      var next = new DOMParser().parseFromString(text, "text/html").querySelector("main");
      if (now && next) { addButtons(next); now.replaceWith(next); }
    }).catch(function () {}).then(function () {
      setTimeout(function () { pending = false; if (again) { again = false; refresh(); } }, 1000);
    });
  }
  addButtons(document);
  var source = new EventSource(document.body.dataset.events);
  ["checked", "missed"].forEach(function (kind) { source.addEventListener(kind, refresh); });
}());
"#;
