//! Contains the script of the pages: copy buttons, and rows that change while a page is open.
//!
//! Everything else works without it.

/// The only script, whose hash is in the Content-Security-Policy of every page.
pub(super) const SCRIPT: &str = r#"
(function () {
  "use strict";
  function copy(text, button) {
    function done() { button.textContent = "copied"; setTimeout(function () { button.textContent = "copy"; }, 1500); }
    function select() {
      var area = document.createElement("textarea");
      area.value = text;
      document.body.appendChild(area);
      area.select();
      if (document.execCommand("copy")) { done(); }
      area.remove();
    }
    if (navigator.clipboard) { navigator.clipboard.writeText(text).then(done, select); } else { select(); }
  }
  function addButtons(root) {
    root.querySelectorAll("td.value > code, pre.plan > code").forEach(function (code) {
      var button = document.createElement("button");
      button.type = "button";
      button.textContent = "copy";
      button.addEventListener("click", function () { copy(code.textContent, button); });
      (code.parentNode.tagName === "PRE" ? code.parentNode : code).after(" ", button);
    });
  }
  var pending = false, again = false;
  // Many lists may be open while many domains are checked: only a new verdict loads one again, after a while.
  var pause = document.querySelector("tr[data-domain]") ? 3000 + Math.random() * 4000 : 1000;
  function checked(event) {
    var data = JSON.parse(event.data), line = null;
    document.querySelectorAll("tr[data-domain]").forEach(function (row) {
      if (row.dataset.domain === data.domain) { line = row; }
    });
    if (!line || data.changed) { refresh(); return; }
    function minute(time) { return time ? time.slice(0, 16).replace("T", " ") + " UTC" : ""; }
    line.cells[2].textContent = data.left;
    line.cells[4].textContent = minute(data.checked_at);
    line.cells[5].textContent = minute(data.next_check_at);
  }
  function refresh() {
    if (pending) { again = true; return; }
    pending = true;
    fetch(location.href, { headers: { Accept: "text/html" } }).then(function (answer) {
      return answer.ok ? answer.text() : Promise.reject(answer.status);
    }).then(function (text) {
      var now = document.querySelector("main");
      var next = new DOMParser().parseFromString(text, "text/html").querySelector("main");
      if (now && next) { addButtons(next); now.replaceWith(next); awaitPlan(); }
    }).catch(function () {}).then(function () {
      setTimeout(function () { pending = false; if (again) { again = false; refresh(); } }, pause);
    });
  }
  // The check of a plan sends no event if it is of another phase than the page.
  function awaitPlan() {
    if (document.querySelector("[data-awaited]")) { setTimeout(refresh, 1000); }
  }
  var marks = { met: ["✔", "good"], unmet: ["✘", "bad"], waiting: ["…", "wait"], waived: ["–", "faint"] };
  function row(event) {
    var data = JSON.parse(event.data), table = document.getElementById("live");
    if (!table) { return; }
    table.hidden = false;
    var line = document.getElementById("live-" + data.id);
    if (!line) {
      line = table.tBodies[0].insertRow();
      line.id = "live-" + data.id;
      for (var cell = 0; cell < 4; cell += 1) { line.insertCell(); }
    }
    var mark = marks[data.status] || ["?", "wait"];
    line.cells[0].className = mark[1];
    [mark[0], data.id, data.message, data.code].forEach(function (text, at) { line.cells[at].textContent = text; });
  }
  addButtons(document);
  awaitPlan();
  // Events during a lost connection are on the page that is loaded when it is back.
  var lost = null, note = document.getElementById("lost");
  function connect() {
    var source = new EventSource(document.body.dataset.events);
    source.addEventListener("row", row);
    source.addEventListener("checked", checked);
    source.addEventListener("missed", refresh);
    source.addEventListener("open", function () {
      if (lost === null) { return; }
      clearTimeout(lost);
      lost = null;
      note.hidden = true;
      refresh();
    });
    source.addEventListener("error", function () {
      // The server ends a stream now and then, and the browser opens the next by itself.
      if (lost === null) { lost = setTimeout(function () { note.hidden = false; }, 6000); }
      if (source.readyState === EventSource.CLOSED) { setTimeout(connect, 5000); }
    });
  }
  connect();
}());
"#;
