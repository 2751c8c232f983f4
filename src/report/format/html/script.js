
(function () {
  "use strict";
  function copied(button, done) {
    button.textContent = done ? "Copied" : "Press Ctrl+C";
    setTimeout(function () { button.textContent = "Copy"; }, 2000);
  }
  function select(code) {
    var range = document.createRange();
    range.selectNodeContents(code);
    var selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  }
  document.querySelectorAll("td.value > code, .next > code").forEach(function (code) {
    var is_value = code.parentNode.className === "value";
    if (!is_value && !/^cutover (?!explain)/.test(code.textContent)) {
      return;
    }
    var button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.setAttribute("aria-live", "polite");
    button.addEventListener("click", function () {
      select(code);
      if (navigator.clipboard) {
        navigator.clipboard.writeText(code.textContent).then(
          function () { copied(button, true); },
          function () { copied(button, document.execCommand("copy")); }
        );
      } else {
        copied(button, document.execCommand("copy"));
      }
    });
    if (is_value) {
      code.parentNode.append(button);
    } else {
      code.after(button);
    }
  });
  var filter = document.querySelector(".filter");
  if (filter) {
    filter.hidden = false;
    filter.querySelector("input").addEventListener("input", function (event) {
      var wanted = event.target.value.trim().toLowerCase();
      document.querySelectorAll("[data-name]").forEach(function (part) {
        part.hidden = part.getAttribute("data-name").toLowerCase().indexOf(wanted) < 0;
      });
    });
  }
})();
