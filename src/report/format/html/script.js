
(function () {
  "use strict";
  // Copies exactly what is shown, so that no character that the reader does not see gets into the clipboard.
  function copied(button, is_done) {
    button.textContent = is_done ? "Copied" : "Press Ctrl+C";
    setTimeout(function () { button.textContent = "Copy"; }, 2000);
  }
  function select(code) {
    var range = document.createRange();
    range.selectNodeContents(code);
    var selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  }
  function copy(code, button) {
    select(code);
    if (navigator.clipboard) {
      navigator.clipboard.writeText(code.textContent).then(
        function () { copied(button, true); },
        function () { copied(button, document.execCommand("copy")); }
      );
    } else {
      copied(button, document.execCommand("copy"));
    }
  }
  function addButtons(root) {
    root.querySelectorAll("td.value > code, .next > code, pre.plan > code").forEach(function (code) {
      var parent = code.parentNode, is_value = parent.className === "value", is_plan = parent.className === "plan";
      if (!is_value && !is_plan && !/^cutover (?!explain)/.test(code.textContent)) { return; }
      var button = document.createElement("button");
      button.type = "button";
      button.className = "copy";
      button.textContent = "Copy";
      button.setAttribute("aria-live", "polite");
      button.addEventListener("click", function () { copy(code, button); });
      if (is_value) { parent.append(button); } else { (is_plan ? parent : code).after(button); }
    });
  }
  addButtons(document);

  var filter = document.querySelector(".filter");
  if (filter) {
    var input = filter.querySelector("input"), status = filter.querySelector("[role=status]");
    var apply = function () {
      var wanted = input.value.trim().toLowerCase(), rows = 0, shown = 0;
      document.querySelectorAll("[data-name]").forEach(function (part) {
        part.hidden = part.dataset.name.toLowerCase().indexOf(wanted) < 0;
        if (part.tagName === "TR") { rows += 1; shown += part.hidden ? 0 : 1; }
      });
      status.textContent = wanted ? shown + " of " + rows + " shown" : "";
    };
    filter.hidden = false;
    input.addEventListener("input", apply);
    // A browser may keep the text of the field when it loads the page again.
    apply();
  }

  // A link to a folded domain opens it.
  function open() {
    var part = document.getElementById(location.hash.slice(1));
    if (part && part.tagName === "DETAILS") { part.open = true; }
  }
  window.addEventListener("hashchange", open);
  open();

  // The pages of the server change while they are open.
  if (!document.body.dataset.events) { return; }
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
})();
